#include "ui/pages/playground/code_sample.h"

#include "ui/models/words.h"
#include "ui/shell/session.h"
#include "wire/dialect.h"

#include <QStringList>

namespace brownout::ui {
namespace {

constexpr char unknownAddress[] = "http://127.0.0.1:PORT/v1";

// A JSON string is a string in Python and JavaScript too.
QString quoted(const QString& s) {
    return text(
        chain::Json(s.toStdString()).dump(-1, ' ', false, chain::Json::error_handler_t::replace));
}

QString singleQuoted(QString s) {
    return QLatin1Char('\'') + s.replace(QLatin1Char('\''), QLatin1String("'\\''")) +
           QLatin1Char('\'');
}

// What writes one sample: text around the key's variable, and the body.
class Writer {
  public:
    explicit Writer(const Sample& sample)
        : s_(sample),
          mark_(sample.variable.isEmpty() ? QString() : QLatin1Char('$') + sample.variable) {}

    QString curl() const;
    QString python() const;
    QString javascript() const;

  private:
    struct Part { // of a form
        QString name, value;
    };
    bool holdsKey(const QString& s) const { return !mark_.isEmpty() && s.contains(mark_); }
    QString shell(const QString& s) const;
    QString withKey(const QString& s, const QString& variable) const;
    std::optional<chain::Json> json() const;
    std::vector<Part> form() const;
    const Sample& s_;
    QString mark_;
};

QString Writer::shell(const QString& s) const {
    if (!holdsKey(s))
        return singleQuoted(s);
    QStringList pieces = s.split(mark_);
    for (QString& piece : pieces)
        piece.replace(QLatin1Char('\\'), QLatin1String("\\\\"))
            .replace(QLatin1Char('"'), QLatin1String("\\\""))
            .replace(QLatin1Char('$'), QLatin1String("\\$"))
            .replace(QLatin1Char('`'), QLatin1String("\\`"));
    return QLatin1Char('"') + pieces.join(QStringLiteral("${%1}").arg(s_.variable)) +
           QLatin1Char('"');
}

// Splits around the key: "Bearer " + key.
QString Writer::withKey(const QString& s, const QString& variable) const {
    if (!holdsKey(s))
        return quoted(s);
    QStringList parts;
    const QStringList pieces = s.split(mark_);
    for (qsizetype i = 0; i < pieces.size(); ++i) {
        if (i > 0)
            parts << variable;
        if (!pieces[i].isEmpty())
            parts << quoted(pieces[i]);
    }
    return parts.join(QLatin1String(" + "));
}

std::optional<chain::Json> Writer::json() const {
    auto parsed = chain::Json::parse(s_.http.body, nullptr, false);
    if (parsed.is_object() || parsed.is_array())
        return parsed;
    return std::nullopt;
}

std::vector<Writer::Part> Writer::form() const {
    QString boundary;
    const QString mark = QStringLiteral("multipart/form-data; boundary=");
    for (const auto& [name, value] : s_.http.headers)
        if (text(value).startsWith(mark))
            boundary = QStringLiteral("--") + text(value).mid(mark.size());
    std::vector<Part> out;
    if (boundary.isEmpty())
        return out;
    const QString head = QStringLiteral("\r\nContent-Disposition: form-data; name=\"");
    for (const QString& piece : text(s_.http.body).split(boundary)) {
        const auto end = piece.indexOf(QLatin1String("\"\r\n\r\n"));
        if (!piece.startsWith(head) || end < 0)
            continue;
        const QString value = piece.mid(end + 5);
        out.push_back({piece.mid(head.size(), end - head.size()), value.chopped(2)});
    }
    return out;
}

QString note(const QString& mark, const Sample& sample) {
    QString out = mark + QObject::tr(" Direct to %1, without Brownout: nothing steps in when it "
                                     "fails.\n")
                             .arg(sample.provider);
    if (!sample.variable.isEmpty())
        out += mark + QObject::tr(" The key is read from the variable %1.\n").arg(sample.variable);
    if (sample.simulated && sample.address)
        out += mark + QObject::tr(" %1 is simulated: this address answers while Brownout is open. "
                                  "Without it: `brownoutctl lab FILE`.\n")
                          .arg(sample.provider);
    else if (sample.simulated)
        out += mark + QObject::tr(" %1 is simulated: start it with `brownoutctl lab FILE` and put "
                                  "its port here.\n")
                          .arg(sample.provider);
    if (sample.job)
        out += mark + QObject::tr(" The reply may be a job: its address is then asked until the "
                                  "picture is there.\n");
    return out;
}

QString Writer::curl() const {
    QString out = s_.streams ? QStringLiteral("curl -N ") : QStringLiteral("curl ");
    const bool post = s_.http.method == "POST";
    if (!post)
        out += QStringLiteral("-X %1 ").arg(text(s_.http.method));
    out += shell(text(s_.http.url));
    const std::vector<Part> parts = form();
    for (const auto& [name, value] : s_.http.headers)
        if (parts.empty() || name != "Content-Type") // curl writes the form's own
            out += QStringLiteral(" \\\n  -H ") + shell(text(name + ": " + value));
    for (const Part& part : parts)
        out += QStringLiteral(" \\\n  --form-string ") +
               singleQuoted(part.name + QLatin1Char('=') + part.value);
    if (parts.empty() && !s_.http.body.empty())
        out += QStringLiteral(" \\\n  --data-binary ") + singleQuoted(text(s_.http.body));
    return out + QLatin1Char('\n');
}

void indentedPython(const chain::Json& value, const QString& indent, QString& out) {
    const QString inner = indent + QStringLiteral("    ");
    if (value.is_object() || value.is_array()) {
        const bool object = value.is_object();
        out += QLatin1Char(object ? '{' : '[');
        bool first = true;
        for (const auto& [key, item] : value.items()) {
            out += (first ? QStringLiteral("\n") : QStringLiteral(",\n")) + inner;
            first = false;
            if (object)
                out += quoted(text(key)) + QStringLiteral(": ");
            indentedPython(item, inner, out);
        }
        out += (first ? QString() : QLatin1Char('\n') + indent) + QLatin1Char(object ? '}' : ']');
    } else if (value.is_boolean()) {
        out += value.get<bool>() ? QStringLiteral("True") : QStringLiteral("False");
    } else if (value.is_null()) {
        out += QStringLiteral("None");
    } else {
        out += text(value.dump(-1, ' ', false, chain::Json::error_handler_t::replace));
    }
}

QString Writer::python() const {
    const QString key = QStringLiteral("os.environ[%1]").arg(quoted(s_.variable));
    const auto body = json();
    QString out = QStringLiteral("import json\nimport os\nimport urllib.request\n\nbody = ");
    if (body)
        indentedPython(*body, {}, out);
    else
        out += quoted(text(s_.http.body));
    out += QStringLiteral("\nrequest = urllib.request.Request(\n    ") +
           withKey(text(s_.http.url), key);
    if (!s_.http.body.empty())
        out += body ? QStringLiteral(",\n    data=json.dumps(body).encode()")
                    : QStringLiteral(",\n    data=body.encode()");
    out += QStringLiteral(",\n    method=%1,\n    headers={\n").arg(quoted(text(s_.http.method)));
    for (const auto& [name, value] : s_.http.headers)
        out += QStringLiteral("        %1: ").arg(quoted(text(name))) + withKey(text(value), key) +
               QStringLiteral(",\n");
    out += QStringLiteral("    },\n)\nwith urllib.request.urlopen(request) as response:\n");
    return out + (s_.streams
                      ? QStringLiteral("    for line in response:\n"
                                       "        print(line.decode(), end=\"\", flush=True)\n")
                      : QStringLiteral("    print(response.read().decode())\n"));
}

QString Writer::javascript() const {
    const QString key = QStringLiteral("process.env.%1").arg(s_.variable);
    const auto body = json();
    const QString written =
        body ? text(body->dump(2, ' ', false, chain::Json::error_handler_t::replace))
             : quoted(text(s_.http.body));
    QString out = QStringLiteral("const body = %1;\n").arg(written);
    out += QStringLiteral("const response = await fetch(") + withKey(text(s_.http.url), key) +
           QStringLiteral(", {\n  method: %1,\n  headers: {\n").arg(quoted(text(s_.http.method)));
    for (const auto& [name, value] : s_.http.headers)
        out += QStringLiteral("    %1: ").arg(quoted(text(name))) + withKey(text(value), key) +
               QStringLiteral(",\n");
    out += QStringLiteral("  },\n");
    if (!s_.http.body.empty())
        out +=
            body ? QStringLiteral("  body: JSON.stringify(body),\n") : QStringLiteral("  body,\n");
    out += QStringLiteral("});\nif (!response.ok) throw new Error(await response.text());\n");
    return out + (s_.streams ? QStringLiteral("for await (const chunk of response.body) "
                                              "process.stdout.write(chunk);\n")
                             : QStringLiteral("console.log(await response.text());\n"));
}

} // namespace

QString keyVariable(const chain::Provider& provider) {
    for (const chain::KeyRef& ref : provider.keys)
        if (ref.source == chain::KeyRef::Source::env)
            return text(ref.name);
    return provider.keys.empty() ? QString()
                                 : text(live::key_variable(provider, provider.keys.front()));
}

std::optional<Sample> sampleOf(const chain::Provider& provider, const std::string& model,
                               const wire::ChatRequest& request, const std::string& labUrl,
                               QString* why) {
    const wire::Dialect* dialect = wire::dialect(provider.dialect);
    if (!dialect) {
        if (why)
            *why = QObject::tr("This version cannot speak its dialect.");
        return std::nullopt;
    }
    Sample out;
    out.simulated = provider.simulated();
    out.address = !out.simulated || !labUrl.empty();
    out.variable = out.simulated ? QString() : keyVariable(provider);
    out.provider = Session::displayName(text(provider.id));
    out.streams = request.stream && !request.image;
    out.job = request.image || request.media;
    const Secret mark{"$" + out.variable.toStdString()};
    wire::Endpoint endpoint;
    endpoint.dialect = provider.dialect;
    endpoint.base_url = !out.simulated ? provider.base_url : !out.address ? unknownAddress : labUrl;
    endpoint.model = model;
    endpoint.key = out.variable.isEmpty() ? nullptr : &mark;
    if (!out.simulated) {
        endpoint.headers = provider.headers;
        endpoint.query = provider.query;
    }
    const wire::Encoded encoded = dialect->encode(request, endpoint);
    if (!encoded.impossible.empty()) {
        if (why)
            *why = text(encoded.impossible);
        return std::nullopt;
    }
    out.http = encoded;
    return out;
}

std::optional<Sample> sampleOf(const live::Exchange& exchange, bool job) {
    if (exchange.request.body.size() < exchange.request_bytes)
        return std::nullopt;
    Sample out;
    out.http = exchange.request;
    // Only for the simulated provider; nobody else knows it.
    std::erase_if(out.http.headers,
                  [](const auto& header) { return header.first.starts_with("X-Brownout-"); });
    out.variable = text(exchange.key_variable);
    out.provider = Session::displayName(text(exchange.provider));
    out.simulated = exchange.simulated;
    out.streams = exchange.streams;
    out.job = job;
    return out;
}

QString codeOf(SampleLanguage language, const Sample& sample) {
    const Writer writer(sample);
    switch (language) {
    case SampleLanguage::curl:
        return note(QStringLiteral("#"), sample) + writer.curl();
    case SampleLanguage::python:
        return note(QStringLiteral("#"), sample) + writer.python();
    case SampleLanguage::javascript:
        return note(QStringLiteral("//"), sample) + writer.javascript();
    }
    return {};
}

} // namespace brownout::ui
