#include "ui/pages/playground/code_sample.h"

#include "ui/shell/session.h"
#include "wire/dialect.h"

#include <QStringList>

namespace brownout::ui {
namespace {

// Stands for the key while the request is encoded; replaced by the variable before anyone sees it.
constexpr char placeholder[] = "brownout-key-goes-here";
constexpr char labAddress[] = "http://127.0.0.1:PORT/v1";

QString text(const std::string& s) {
    return QString::fromStdString(s);
}

// A JSON string is a string in Python and JavaScript too.
QString quoted(const QString& s) {
    return text(chain::Json(s.toStdString()).dump());
}

QString singleQuoted(QString s) {
    return QLatin1Char('\'') + s.replace(QLatin1Char('\''), QLatin1String("'\\''")) +
           QLatin1Char('\'');
}

QString doubleQuoted(QString s) { // keeps `$`: only for text that holds the key's variable
    s.replace(QLatin1Char('\\'), QLatin1String("\\\\"))
        .replace(QLatin1Char('"'), QLatin1String("\\\""));
    return QLatin1Char('"') + s.replace(QLatin1Char('`'), QLatin1String("\\`")) + QLatin1Char('"');
}

// Splits around the key: "Bearer " + key.
QString withKey(const QString& s, const QString& variable, const char* join) {
    QStringList parts;
    const QStringList pieces = s.split(QLatin1String(placeholder));
    for (qsizetype i = 0; i < pieces.size(); ++i) {
        if (i > 0)
            parts << variable;
        if (!pieces[i].isEmpty())
            parts << quoted(pieces[i]);
    }
    return parts.join(QLatin1String(join));
}

bool holdsKey(const QString& s) {
    return s.contains(QLatin1String(placeholder));
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
        out += text(value.dump());
    }
}

QString note(const QString& mark, const chain::Provider& provider) {
    const QString name = Session::displayName(text(provider.id));
    QString out = mark + QObject::tr(" Direct to %1, without Brownout: nothing steps in when it "
                                     "fails.\n")
                             .arg(name);
    if (provider.simulated())
        out += mark + QObject::tr(" %1 is simulated: start it with `brownoutctl lab FILE` and put "
                                  "its port here.\n")
                          .arg(name);
    return out;
}

QString curl(const wire::HttpRequest& http, const QString& variable, bool stream) {
    QString out = stream ? QStringLiteral("curl -N ") : QStringLiteral("curl ");
    const auto shell = [&](const QString& s) {
        if (!holdsKey(s))
            return singleQuoted(s);
        QString with = doubleQuoted(s);
        return with.replace(QLatin1String(placeholder), QStringLiteral("${%1}").arg(variable));
    };
    out += shell(text(http.url));
    for (const auto& [name, value] : http.headers)
        out += QStringLiteral(" \\\n  -H ") + shell(text(name + ": " + value));
    return out + QStringLiteral(" \\\n  --data-binary ") + singleQuoted(text(http.body)) +
           QLatin1Char('\n');
}

QString python(const wire::HttpRequest& http, const QString& variable, bool stream) {
    const QString key = QStringLiteral("os.environ[%1]").arg(quoted(variable));
    QString out = QStringLiteral("import json\nimport os\nimport urllib.request\n\nbody = ");
    indentedPython(chain::Json::parse(http.body, nullptr, false), {}, out);
    out += QStringLiteral("\nrequest = urllib.request.Request(\n    ") +
           withKey(text(http.url), key, " + ") +
           QStringLiteral(",\n    data=json.dumps(body).encode(),\n    headers={\n");
    for (const auto& [name, value] : http.headers)
        out += QStringLiteral("        %1: ").arg(quoted(text(name))) +
               withKey(text(value), key, " + ") + QStringLiteral(",\n");
    out += QStringLiteral("    },\n)\nwith urllib.request.urlopen(request) as response:\n");
    return out + (stream ? QStringLiteral("    for line in response:\n"
                                          "        print(line.decode(), end=\"\", flush=True)\n")
                         : QStringLiteral("    print(response.read().decode())\n"));
}

QString javascript(const wire::HttpRequest& http, const QString& variable, bool stream) {
    const QString key = QStringLiteral("process.env.%1").arg(variable);
    const QString body = text(chain::Json::parse(http.body, nullptr, false).dump(2));
    QString out = QStringLiteral("const body = %1;\n").arg(body);
    out += QStringLiteral("const response = await fetch(") + withKey(text(http.url), key, " + ") +
           QStringLiteral(", {\n  method: \"POST\",\n  headers: {\n");
    for (const auto& [name, value] : http.headers)
        out += QStringLiteral("    %1: ").arg(quoted(text(name))) +
               withKey(text(value), key, " + ") + QStringLiteral(",\n");
    out += QStringLiteral("  },\n  body: JSON.stringify(body),\n});\n"
                          "if (!response.ok) throw new Error(await response.text());\n");
    return out + (stream ? QStringLiteral("for await (const chunk of response.body) "
                                          "process.stdout.write(chunk);\n")
                         : QStringLiteral("console.log(await response.text());\n"));
}

} // namespace

QString keyVariable(const chain::Provider& provider) {
    for (const chain::KeyRef& ref : provider.keys)
        if (ref.source == chain::KeyRef::Source::env)
            return text(ref.name);
    const bool needsKey =
        std::any_of(provider.keys.begin(), provider.keys.end(),
                    [](const auto& k) { return k.source != chain::KeyRef::Source::none; });
    if (!needsKey)
        return {};
    QString name;
    for (const char c : provider.id) {
        const bool word =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        name += word ? QChar::fromLatin1(c).toUpper() : QLatin1Char('_');
    }
    if (name.isEmpty() || name.front().isDigit())
        name.prepend(QLatin1Char('_'));
    return name + QStringLiteral("_API_KEY");
}

QString codeSample(SampleLanguage language, const chain::Provider& provider,
                   const std::string& model, const wire::ChatRequest& request) {
    const wire::Dialect* dialect = wire::dialect(provider.dialect);
    if (!dialect)
        return {};
    const QString variable = keyVariable(provider);
    const Secret key{placeholder};
    wire::Endpoint endpoint;
    endpoint.dialect = provider.dialect;
    endpoint.base_url = provider.simulated() ? labAddress : provider.base_url;
    endpoint.model = model;
    endpoint.key = variable.isEmpty() ? nullptr : &key;
    endpoint.headers = provider.headers;
    endpoint.query = provider.query;
    const wire::HttpRequest http = dialect->encode(request, endpoint);
    switch (language) {
    case SampleLanguage::curl:
        return note(QStringLiteral("#"), provider) + curl(http, variable, request.stream);
    case SampleLanguage::python:
        return note(QStringLiteral("#"), provider) + python(http, variable, request.stream);
    case SampleLanguage::javascript:
        return note(QStringLiteral("//"), provider) + javascript(http, variable, request.stream);
    }
    return {};
}

} // namespace brownout::ui
