#include "ui/models/expectation_model.h"

#include "ui/models/fault_models.h"
#include "ui/models/format.h"
#include "ui/shell/theme.h"

#include <cmath>

namespace brownout::ui {
namespace {

using faults::Metric;

// As many decimals as the value needs, never rounded into the next verdict: 99.996 is not 100.
QString percentText(double ratio) {
    const double percent = std::floor(ratio * 100 * 1000 + 1e-6) / 1000;
    return QStringLiteral("%1 %").arg(percent, 0, 'g', percent >= 99.9 ? 6 : 4);
}

QString subject(const faults::Expectation& e) {
    const QString target = faultTargetText(e.target);
    const QString quantile = QStringLiteral("p%1").arg(e.quantile.value_or(0.95) * 100, 0, 'g', 4);
    switch (e.metric) {
    case Metric::availability:
        return QObject::tr("Availability");
    case Metric::latency_ms:
        return QObject::tr("Latency %1").arg(quantile);
    case Metric::first_token_ms:
        return QObject::tr("First token %1").arg(quantile);
    case Metric::attempts_per_request:
        return QObject::tr("Attempts per request");
    case Metric::fallback_ratio:
        return QObject::tr("Requests that fell back");
    case Metric::spend_usd:
        return QObject::tr("Spend");
    case Metric::wasted_usd:
        return QObject::tr("Wasted spend");
    case Metric::served_by:
        return QObject::tr("Served by %1").arg(target);
    case Metric::breaker_opens_within_s:
        return QObject::tr("%1's breaker opens after").arg(target);
    case Metric::recovers_within_s:
        return QObject::tr("%1 serves again after").arg(target);
    case Metric::longest_gap_s:
        return QObject::tr("Longest gap without an answer");
    }
    return {};
}

// As the author wrote it: "5 s", not "5.00 s".
QString limitText(Metric metric, double value) {
    switch (metric) {
    case Metric::availability:
    case Metric::fallback_ratio:
    case Metric::served_by:
        return percentText(value);
    case Metric::latency_ms:
    case Metric::first_token_ms:
        return QObject::tr("%1 s").arg(value / 1e3, 0, 'g', 6);
    case Metric::spend_usd:
    case Metric::wasted_usd:
        return QObject::tr("%1 USD").arg(value, 0, 'g', 6);
    case Metric::attempts_per_request:
        return QString::number(value, 'g', 6);
    case Metric::breaker_opens_within_s:
    case Metric::recovers_within_s:
    case Metric::longest_gap_s:
        return QObject::tr("%1 s").arg(value, 0, 'g', 6);
    }
    return {};
}

bool sameJudged(const record::Judged& a, const record::Judged& b) {
    return a.observed == b.observed && a.pass == b.pass && a.final == b.final &&
           a.expectation.text() == b.expectation.text();
}

// A verdict in words and marks; `observed` takes the value at %1.
struct VerdictLook {
    const char* icon;
    QColor ink;
    QString word, observed, unobserved;
};

VerdictLook lookOf(ExpectationModel::Verdict verdict) {
    using Verdict = ExpectationModel::Verdict;
    const Colors& c = colors();
    switch (verdict) {
    case Verdict::passed:
        return {"check", c.good, QObject::tr("passed"), QStringLiteral("%1"),
                QObject::tr("never observed")};
    case Verdict::failed:
        return {"cross", c.bad, QObject::tr("failed"), QStringLiteral("%1"),
                QObject::tr("never observed")};
    case Verdict::unfinished:
        return {"stop", c.textMuted, QObject::tr("not finished"), QObject::tr("%1 when stopped"),
                QObject::tr("not observed")};
    case Verdict::pending:
        break;
    }
    return {"clock", c.textMuted, QObject::tr("pending"), QObject::tr("%1 so far"),
            QObject::tr("not observed yet")};
}

} // namespace

QString observedText(Metric metric, double value) {
    switch (metric) {
    case Metric::availability:
    case Metric::fallback_ratio:
    case Metric::served_by:
        return percentText(value);
    case Metric::latency_ms:
    case Metric::first_token_ms:
        return secondsText(value / 1e3);
    case Metric::spend_usd:
    case Metric::wasted_usd:
        return usdText(Money::from_usd(value));
    case Metric::attempts_per_request:
        return QString::number(value, 'f', 2);
    case Metric::breaker_opens_within_s:
    case Metric::recovers_within_s:
    case Metric::longest_gap_s:
        return secondsText(value);
    }
    return {};
}

QString expectationText(const faults::Expectation& e) {
    const bool deadline =
        e.metric == Metric::breaker_opens_within_s || e.metric == Metric::recovers_within_s;
    if (deadline && e.at_most && !e.at_least)
        return (e.metric == Metric::recovers_within_s ? QObject::tr("%1 serves again within %2")
                                                      : QObject::tr("%1's breaker opens within %2"))
            .arg(faultTargetText(e.target), limitText(e.metric, *e.at_most));
    QString out = subject(e);
    if (e.at_least)
        out += QObject::tr(" at least %1").arg(limitText(e.metric, *e.at_least));
    if (e.at_least && e.at_most)
        out += QObject::tr(" and");
    if (e.at_most)
        out += QObject::tr(" at most %1").arg(limitText(e.metric, *e.at_most));
    return out;
}

QString whyFailed(const record::Judged& judged, const QString& lastFailure) {
    const faults::Expectation& e = judged.expectation;
    if (!judged.observed) {
        const QString name = faultTargetText(e.target);
        if (e.metric == Metric::breaker_opens_within_s)
            return QObject::tr("%1: the breaker never opened. What fails on purpose fails the "
                               "expectation, too, when it is never seen.")
                .arg(name);
        if (e.metric == Metric::recovers_within_s)
            return QObject::tr("%1 answered no request after its fault was over, so it never "
                               "came back. A shorter time of the open breaker, or a longer "
                               "scenario, may show it.")
                .arg(name);
        return QObject::tr("%1: it was never observed. Did any request get that far?")
            .arg(subject(e));
    }
    const double seen = *judged.observed;
    const bool low = e.at_least && seen < *e.at_least;
    const double limit = low ? *e.at_least : e.at_most.value_or(0);
    QString out = (low ? QObject::tr("%1: %2 observed, at least %3 wanted.")
                       : QObject::tr("%1: %2 observed, at most %3 wanted."))
                      .arg(subject(e), observedText(e.metric, seen), limitText(e.metric, limit));
    const bool ofAnswers = e.metric == Metric::availability || e.metric == Metric::longest_gap_s;
    if (ofAnswers && !lastFailure.isEmpty())
        out += QObject::tr(" The last request without an answer met: %1").arg(lastFailure);
    return out;
}

void ExpectationModel::setExpectations(const std::vector<faults::Expectation>& expectations) {
    std::vector<record::Judged> judged;
    for (const faults::Expectation& e : expectations)
        judged.push_back({e, std::nullopt, false, false});
    adopt(std::move(judged), Run::running);
}

void ExpectationModel::setJudged(const std::vector<record::Judged>& judged, Run run) {
    adopt(judged, run);
}

void ExpectationModel::adopt(std::vector<record::Judged> judged, Run run) {
    if (judged.size() != judged_.size()) {
        beginResetModel();
        judged_ = std::move(judged);
        run_ = run;
        endResetModel();
        return;
    }
    const bool allChanged = run != run_;
    run_ = run;
    for (std::size_t i = 0; i < judged.size(); ++i) {
        if (!allChanged && sameJudged(judged[i], judged_[i]))
            continue;
        judged_[i] = std::move(judged[i]);
        const int row = static_cast<int>(i);
        Q_EMIT dataChanged(index(row, 0), index(row, columns - 1));
    }
}

ExpectationModel::Verdict ExpectationModel::verdict(int row) const {
    const record::Judged& j = judged_[static_cast<std::size_t>(row)];
    if (run_ == Run::stopped)
        return Verdict::unfinished;
    if (run_ == Run::running && !j.final)
        return Verdict::pending;
    return j.pass ? Verdict::passed : Verdict::failed;
}

int ExpectationModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(judged_.size());
}

int ExpectationModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : columns;
}

QVariant ExpectationModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const record::Judged& j = judged_[static_cast<std::size_t>(index.row())];
    const Verdict v = verdict(index.row());
    if (role == verdictRole)
        return static_cast<int>(v);
    const VerdictLook look = lookOf(v);
    if (role == Qt::DecorationRole && index.column() == verdictColumn)
        return icon(QLatin1String(look.icon), look.ink);
    if (role == Qt::ForegroundRole && index.column() != expectationColumn)
        return look.ink;
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    switch (index.column()) {
    case verdictColumn:
        return look.word;
    case expectationColumn:
        return role == Qt::ToolTipRole ? QString::fromStdString(j.expectation.text())
                                       : expectationText(j.expectation);
    case observedColumn:
        if (!j.observed)
            return look.unobserved;
        return look.observed.arg(observedText(j.expectation.metric, *j.observed));
    default:
        return {};
    }
}

QVariant ExpectationModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= columns)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::Alignment(Qt::AlignLeft | Qt::AlignVCenter));
    if (role != Qt::DisplayRole)
        return {};
    const QString names[] = {tr("verdict"), tr("expectation"), tr("observed")};
    return names[section];
}

} // namespace brownout::ui
