#include "ui/models/scenario_text.h"

#include <QLocale>
#include <QObject>
#include <QStringList>

#include <cmath>
#include <vector>

namespace brownout::ui {
namespace {

struct NamedShape {
    const char* name;
    std::vector<const char*> parameters;
};

const std::vector<NamedShape>& shapes() {
    static const std::vector<NamedShape> all = {
        {"uniform", {"low", "high"}},       {"normal", {"mean", "sd"}},
        {"lognormal", {"median", "sigma"}}, {"exponential", {"mean"}},
        {"weibull", {"shape", "scale"}},    {"pareto", {"minimum", "shape"}},
    };
    return all;
}

QString plainNumber(double v) {
    return QLocale::c().toString(v, 'g', 12).remove(QLatin1Char(','));
}

std::optional<double> toNumber(const QString& word) {
    bool ok = false;
    const double v = QLocale::c().toDouble(word, &ok);
    return ok && std::isfinite(v) ? std::optional(v) : std::nullopt;
}

// 5 rather than 5.0 in the file.
chain::Json numberJson(double v) {
    const double near = std::round(v);
    return near == v && std::abs(v) < 9e15 ? chain::Json(static_cast<std::int64_t>(near))
                                           : chain::Json(v);
}

QString raw(const chain::Json& value) {
    return value.is_string() ? QString::fromStdString(value.get<std::string>())
                             : QString::fromStdString(value.dump(
                                   -1, ' ', false, chain::Json::error_handler_t::replace));
}

QString ratioText(double ratio) {
    return QObject::tr("%1 %").arg(ratio * 100, 0, 'g', 4);
}

} // namespace

std::optional<double> numberAt(const chain::Json& object, const char* key) {
    if (!object.is_object() || !object.contains(key) || !object[key].is_number())
        return std::nullopt;
    return object[key].get<double>();
}

QString distributionText(const chain::Json& value) {
    if (value.is_number())
        return plainNumber(value.get<double>());
    if (!value.is_object() || value.size() != 1)
        return raw(value);
    const std::string name = value.begin().key();
    const chain::Json& body = value.begin().value();
    QStringList words{QString::fromStdString(name)};
    if (name == "empirical" && body.is_array()) {
        for (const chain::Json& v : body)
            words << raw(v);
        return words.join(QLatin1Char(' '));
    }
    for (const NamedShape& shape : shapes()) {
        if (name != shape.name)
            continue;
        for (const char* parameter : shape.parameters) {
            const auto v = numberAt(body, parameter);
            if (!v)
                return raw(value);
            words << plainNumber(*v);
        }
        return words.join(QLatin1Char(' '));
    }
    return raw(value);
}

std::optional<chain::Json> distributionJson(const QString& text) {
    const QString trimmed = text.simplified();
    if (trimmed.isEmpty())
        return std::nullopt;
    if (const auto v = toNumber(trimmed))
        return numberJson(*v);
    const QStringList words = trimmed.split(QLatin1Char(' '));
    const std::string name = words.front().toLower().toStdString();
    std::vector<double> values;
    for (const QString& word : words.mid(1)) {
        const auto v = toNumber(word);
        if (!v)
            return chain::Json(trimmed.toStdString());
        values.push_back(*v);
    }
    if (name == "empirical" && !values.empty()) {
        chain::Json list = chain::Json::array();
        for (const double v : values)
            list.push_back(numberJson(v));
        return chain::Json{{"empirical", list}};
    }
    for (const NamedShape& shape : shapes()) {
        if (name != shape.name || values.size() != shape.parameters.size())
            continue;
        chain::Json body = chain::Json::object();
        for (std::size_t i = 0; i < values.size(); ++i)
            body[shape.parameters[i]] = numberJson(values[i]);
        return chain::Json{{name, body}};
    }
    return chain::Json(trimmed.toStdString());
}

QString rateText(const chain::Json& value) {
    if (value.is_number())
        return plainNumber(value.get<double>());
    if (!value.is_array())
        return raw(value);
    QStringList steps;
    for (const chain::Json& step : value) {
        const auto rate = numberAt(step, "requests_per_s");
        if (!rate)
            return raw(value);
        const double at = numberAt(step, "at_s").value_or(0);
        steps << (at == 0 ? plainNumber(*rate)
                          : QStringLiteral("%1s: %2").arg(plainNumber(at), plainNumber(*rate)));
    }
    return steps.join(QStringLiteral(", "));
}

std::optional<chain::Json> rateJson(const QString& text) {
    const QString trimmed = text.simplified();
    if (trimmed.isEmpty())
        return std::nullopt;
    if (const auto v = toNumber(trimmed))
        return numberJson(*v);
    chain::Json steps = chain::Json::array();
    for (const QString& part : trimmed.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        QString at = part.section(QLatin1Char(':'), 0, 0).trimmed();
        if (at.endsWith(QLatin1Char('s')))
            at.chop(1);
        const bool timed = part.contains(QLatin1Char(':'));
        const auto from = timed ? toNumber(at.trimmed()) : std::optional(0.0);
        const auto rate = toNumber(part.section(QLatin1Char(':'), -1).trimmed());
        if (!from || !rate)
            return chain::Json(trimmed.toStdString());
        steps.push_back({{"at_s", numberJson(*from)}, {"requests_per_s", numberJson(*rate)}});
    }
    return steps;
}

QString mixText(const chain::Json& value) {
    if (!value.is_object())
        return raw(value);
    QStringList parts;
    for (const auto& [task, share] : value.items())
        parts << QStringLiteral("%1 %2").arg(QString::fromStdString(task), raw(share));
    return parts.join(QStringLiteral(", "));
}

std::optional<chain::Json> mixJson(const QString& text) {
    const QString trimmed = text.simplified();
    if (trimmed.isEmpty())
        return std::nullopt;
    const bool one = !trimmed.contains(QLatin1Char(' ')) && !trimmed.contains(QLatin1Char(','));
    if (one)
        return chain::Json(trimmed.toStdString());
    chain::Json mix = chain::Json::object();
    for (const QString& part : trimmed.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        const QStringList words = part.simplified().split(QLatin1Char(' '));
        const auto share = words.size() == 2 ? toNumber(words[1]) : std::nullopt;
        if (!share)
            return chain::Json(trimmed.toStdString());
        mix[words[0].toStdString()] = numberJson(*share);
    }
    return mix;
}

QString whenText(const chain::Json& when) {
    QStringList parts;
    const auto at = numberAt(when, "at_s"), lasts = numberAt(when, "for_s");
    if (at && *at > 0 && lasts)
        parts << QObject::tr("from %1 for %2").arg(clockText(*at), clockText(*lasts));
    else if (lasts)
        parts << QObject::tr("for the first %1").arg(clockText(*lasts));
    else if (at && *at > 0)
        parts << QObject::tr("from %1 to the end").arg(clockText(*at));
    if (const auto every = numberAt(when, "every_s"))
        parts << QObject::tr("again every %1").arg(clockText(*every));
    if (const auto share = numberAt(when, "probability"); share && *share < 1)
        parts << QObject::tr("%1 of requests").arg(ratioText(*share));
    if (const auto first = numberAt(when, "first"))
        parts << QObject::tr("first %1 requests").arg(*first);
    if (const auto after = numberAt(when, "after"); after && *after > 0)
        parts << QObject::tr("not the first %1 requests").arg(*after);
    if (when.is_object() && when.contains("ramp")) {
        const chain::Json& ramp = when["ramp"];
        parts << QObject::tr("share goes from %1 to %2 in %3")
                     .arg(ratioText(numberAt(ramp, "from").value_or(0)),
                          ratioText(numberAt(ramp, "to").value_or(1)),
                          clockText(numberAt(ramp, "over_s").value_or(0)));
    }
    if (when.is_object() && when.contains("renewal") && when["renewal"].is_object()) {
        const chain::Json& renewal = when["renewal"];
        const auto word = [&](const char* key) {
            return renewal.contains(key) ? distributionText(renewal[key]) : QStringLiteral("?");
        };
        parts << QObject::tr("at random: well for %1 s, broken for %2 s")
                     .arg(word("gap_s"), word("repair_s"));
    }
    return parts.join(QStringLiteral(", "));
}

QString clockText(double seconds) {
    if (seconds < 120)
        return QObject::tr("%1 s").arg(plainNumber(std::round(seconds * 1000) / 1000));
    const auto whole = static_cast<qint64>(std::llround(seconds));
    const qint64 h = whole / 3600, m = whole / 60 % 60, s = whole % 60;
    QStringList parts;
    if (h)
        parts << QObject::tr("%1 h").arg(h);
    if (m)
        parts << QObject::tr("%1 min").arg(m);
    if (s)
        parts << QObject::tr("%1 s").arg(s);
    return parts.join(QLatin1Char(' '));
}

} // namespace brownout::ui
