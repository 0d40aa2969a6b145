#include "ui/models/request_filter.h"

#include "chain/reader.h"

#include <QRegularExpression>

#include <algorithm>
#include <array>

namespace brownout::ui {

namespace {

constexpr std::array<std::string_view, 16> fieldNames = {
    "any",    "provider", "target", "served", "class", "cause", "status",   "mode",
    "result", "task",     "chain",  "id",     "ms",    "first", "attempts", "usd"};

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : static_cast<char>(c);
    });
    return text;
}

bool found(const std::vector<std::string>& words, const std::string& text) {
    const std::string in = lower(text);
    return std::any_of(words.begin(), words.end(),
                       [&](const std::string& w) { return in.find(w) != std::string::npos; });
}

bool isWord(const std::vector<std::string>& words, std::string_view text) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

bool anyText(const std::vector<std::string>& words, const record::RequestRecord& r) {
    if (found(words, r.id) || found(words, r.served_by) || found(words, r.task) ||
        found(words, r.chain) || found(words, engine::name(r.result)) || found(words, r.error))
        return true;
    return std::any_of(r.attempts.begin(), r.attempts.end(), [&](const record::AttemptRecord& a) {
        return found(words, a.target) || found(words, a.message) || found(words, a.code);
    });
}

bool compared(double value, auto compare, double limit) {
    using C = decltype(compare);
    switch (compare) {
    case C::less:
        return value < limit;
    case C::less_equal:
        return value <= limit;
    case C::greater:
        return value > limit;
    case C::greater_equal:
        return value >= limit;
    case C::contains:
    case C::equal:
        break;
    }
    return value == limit;
}

} // namespace

RequestFilter RequestFilter::parse(const QString& text, QString* error) {
    RequestFilter filter;
    static const QRegularExpression space(QStringLiteral("\\s+"));
    for (const QString& word : text.split(space, Qt::SkipEmptyParts)) {
        Term term;
        if (!parseTerm(word, term, error))
            return {};
        filter.terms_.push_back(std::move(term));
    }
    if (error)
        error->clear();
    return filter;
}

bool RequestFilter::parseTerm(const QString& word, Term& term, QString* error) {
    const auto wrong = [&](const QString& what) {
        if (error)
            *error = what;
        return false;
    };
    static const QRegularExpression shape(
        QStringLiteral("^(-?)(?:([A-Za-z]+)(:|>=|<=|>|<|=))?(.*)$"));
    const auto match = shape.match(word);
    term.negated = !match.captured(1).isEmpty();
    const QString key = match.captured(2), op = match.captured(3), value = match.captured(4);
    if (value.isEmpty())
        return wrong(QStringLiteral("\"%1\" has nothing to look for").arg(word));
    if (!key.isEmpty()) {
        const std::string name = lower(key.toStdString());
        const auto it = std::find(fieldNames.begin() + 1, fieldNames.end(), name);
        if (it == fieldNames.end()) {
            const std::string near = chain::nearest(name, std::span(fieldNames).subspan(1));
            return wrong(
                QStringLiteral("\"%1\" is no field").arg(key) +
                (near.empty()
                     ? QString()
                     : QStringLiteral(": did you mean \"%1\"?").arg(QString::fromStdString(near))));
        }
        term.field = static_cast<Field>(it - fieldNames.begin());
    }
    const bool numeric = term.field >= Field::ms || term.field == Field::status;
    if (numeric) {
        bool ok = false;
        term.number = value.toDouble(&ok);
        if (!ok)
            return wrong(QStringLiteral("\"%1\" needs a number after \"%2\"").arg(word, op));
    } else if (op != QLatin1String(":") && op != QLatin1String("=") && !op.isEmpty()) {
        return wrong(QStringLiteral("\"%1\" is text: use \"%1:\"").arg(key));
    }
    term.compare = op == QLatin1String(">")    ? Compare::greater
                   : op == QLatin1String(">=") ? Compare::greater_equal
                   : op == QLatin1String("<")  ? Compare::less
                   : op == QLatin1String("<=") ? Compare::less_equal
                   : numeric                   ? Compare::equal
                                               : Compare::contains;
    for (const QString& part : value.split(QLatin1Char(','), Qt::SkipEmptyParts))
        term.words.push_back(lower(part.toStdString()));
    if (term.words.empty())
        return wrong(QStringLiteral("\"%1\" has nothing to look for").arg(word));
    return true;
}

bool RequestFilter::holds(const Term& t, const record::RequestRecord& r) {
    const auto anyAttempt = [&](auto test) {
        return std::any_of(r.attempts.begin(), r.attempts.end(), test);
    };
    using A = record::AttemptRecord;
    switch (t.field) {
    case Field::any:
        return anyText(t.words, r);
    case Field::provider:
        return anyAttempt([&](const A& a) { return found(t.words, a.provider); });
    case Field::target:
        return anyAttempt([&](const A& a) { return found(t.words, a.target); });
    case Field::served:
        return found(t.words, r.served_by);
    case Field::cls:
        return anyAttempt(
            [&](const A& a) { return a.finished && isWord(t.words, engine::name(a.outcome.cls)); });
    case Field::cause:
        return anyAttempt([&](const A& a) {
            return a.finished && found(t.words, engine::name(a.outcome.cause));
        });
    case Field::status:
        return anyAttempt([&](const A& a) {
            return a.finished && compared(a.outcome.status, t.compare, t.number);
        });
    case Field::mode:
        return anyAttempt([&](const A& a) { return isWord(t.words, engine::name(a.mode)); });
    case Field::result:
        return isWord(t.words, r.finished ? engine::name(r.result) : "running");
    case Field::task:
        return found(t.words, r.task);
    case Field::chain:
        return found(t.words, r.chain);
    case Field::id:
        return found(t.words, r.id);
    case Field::ms:
        return r.finished && compared(to_ms(r.ended - r.started), t.compare, t.number);
    case Field::first:
        return r.first_token && compared(to_ms(*r.first_token - r.started), t.compare, t.number);
    case Field::attempts:
        return compared(static_cast<double>(r.attempts.size()), t.compare, t.number);
    case Field::usd:
        return compared(r.cost.usd(), t.compare, t.number);
    }
    return true;
}

bool RequestFilter::accepts(const record::RequestRecord& r) const {
    return std::all_of(terms_.begin(), terms_.end(),
                       [&](const Term& t) { return holds(t, r) != t.negated; });
}

QString RequestFilter::help() {
    return QStringLiteral(
        "<p><b>Words are combined: all must hold.</b></p>"
        "<table cellspacing='2'>"
        "<tr><td>provider:aster</td><td>&nbsp;an attempt went there (also target:)</td></tr>"
        "<tr><td>served:birch</td><td>&nbsp;who answered</td></tr>"
        "<tr><td>class:failover</td><td>&nbsp;how an attempt ended (also cause: status: "
        "mode:)</td></tr>"
        "<tr><td>result:failed</td><td>&nbsp;how the request ended (also task: chain: "
        "id:)</td></tr>"
        "<tr><td>ms&gt;500</td><td>&nbsp;total time (also first&gt; attempts&gt; usd&gt;)</td></tr>"
        "<tr><td>provider:aster,birch</td><td>&nbsp;either</td></tr>"
        "<tr><td>-result:success</td><td>&nbsp;not</td></tr>"
        "<tr><td>overloaded</td><td>&nbsp;anywhere in the text</td></tr></table>");
}

} // namespace brownout::ui
