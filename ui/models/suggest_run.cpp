#include "ui/models/suggest_run.h"

#include "ui/models/forecast_text.h"
#include "ui/models/format.h"

#include <QMetaObject>

#include <cmath>
#include <thread>

namespace brownout::ui {
namespace {

// Of the searched traffic: what the real one costs.
void scale(std::optional<tune::Estimate>& money, double factor) {
    if (money)
        money = tune::Estimate{money->value * factor, money->low * factor, money->high * factor};
}

void scale(tune::Suggestion& s, double factor) {
    scale(s.figures.spend_month_usd, factor);
    scale(s.difference.spend_month_usd, factor);
    for (auto& change : s.changes)
        if (change.buys)
            scale(change.buys->spend_month_usd, factor);
}

// Prices that are assumed, written into the document that is searched.
chain::Json priced(chain::Json document, const std::string& chainId, const sim::Assumptions& a) {
    for (chain::Json& chain : document["chains"])
        if (chain.value("id", "") == chainId)
            for (chain::Json& target : chain["targets"]) {
                const std::string name =
                    target.value("provider", "") + "/" + target.value("model", "");
                if (a.prices.contains(name))
                    target["price"] = a.prices[name];
            }
    return document;
}

} // namespace

struct SuggestRun::Job {
    std::atomic<bool> cancel{false};
    std::jthread thread;
};

SuggestRun::SuggestRun(QObject* parent) : QObject(parent) {}

SuggestRun::~SuggestRun() {
    stop();
}

void SuggestRun::stop() {
    if (job_)
        job_->cancel = true;
    job_.reset(); // joins
}

void SuggestRun::cancel() {
    if (job_)
        job_->cancel = true;
}

void SuggestRun::start(const chain::Json& document, const std::string& chainId,
                       const sim::Candidate& assumed, const sim::Assumptions& assumptions,
                       const SuggestWish& wish) {
    stop();
    const quint64 run = ++run_;
    found_.reset();
    sim::Assumptions searched = assumptions;
    searched.requests_per_day = std::min(assumptions.requests_per_day, searchedPerDay);
    const double factor = assumptions.requests_per_day / searched.requests_per_day;
    faults::Scenario scenario = sim::year_of(searched, chainId);
    for (const auto& provider : assumed.document.providers)
        if (provider.model)
            scenario.models[provider.id] = *provider.model;
    job_ = std::make_unique<Job>();
    const auto tell = [this, run](auto call) { // we outlive the thread: stop() joins it
        QMetaObject::invokeMethod(
            this,
            [this, run, call = std::move(call)]() mutable {
                if (run == run_)
                    call();
            },
            Qt::QueuedConnection);
    };
    job_->thread = std::jthread([this, tell, factor, wish, chainId, seed = assumptions.seed,
                                 scenario = std::move(scenario),
                                 json = priced(document, chainId, assumptions),
                                 cancel = &job_->cancel] {
        tune::SuggestOptions options;
        options.seed = seed;
        options.chain_id = chainId;
        options.effort = wish.effort;
        options.cancel = cancel;
        options.goal.availability = wish.availability;
        if (wish.usdMonth)
            options.goal.budget = tune::Budget{*wish.usdMonth / factor, tune::Budget::Per::month};
        options.progress = [this, tell](const tune::Progress& p) {
            tell([this, share = p.share, phase = QString::fromStdString(p.phase)] {
                Q_EMIT progressed(share, phase);
            });
        };
        auto found = tune::suggest(json, scenario, options);
        QString error;
        std::optional<tune::Suggestions> out;
        if (found) {
            scale(found->original, factor);
            for (auto& one : found->front)
                scale(one, factor);
            out = std::move(*found);
        } else {
            error = QString::fromStdString(found.error().text());
        }
        tell([this, error, out = std::move(out)]() mutable {
            job_.reset();
            found_ = std::move(out);
            Q_EMIT ended(error);
        });
    });
}

SuggestionModel::SuggestionModel(QObject* parent) : QAbstractTableModel(parent) {}

void SuggestionModel::setFound(const tune::Suggestions* found) {
    beginResetModel();
    rows_ = found ? found->front : std::vector<tune::Suggestion>();
    best_ = found && found->best ? static_cast<int>(*found->best) : -1;
    endResetModel();
}

const tune::Suggestion* SuggestionModel::at(int row) const {
    return row >= 0 && row < static_cast<int>(rows_.size()) ? &rows_[static_cast<std::size_t>(row)]
                                                            : nullptr;
}

int SuggestionModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int SuggestionModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : columns;
}

QVariant SuggestionModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const tune::Suggestion& row = rows_[static_cast<std::size_t>(index.row())];
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignVCenter |
                                   (index.column() == changes || index.column() == meets
                                        ? Qt::AlignLeft
                                        : Qt::AlignRight));
    QStringList words;
    for (const auto& change : row.changes)
        words << QString::fromStdString(change.text);
    if (role == Qt::ToolTipRole)
        return words.join(QLatin1Char('\n'));
    if (role != Qt::DisplayRole)
        return {};
    const auto unknown = tr("unknown");
    switch (index.column()) {
    case changes:
        return words.isEmpty() ? tr("as it is") : words.join(QStringLiteral(", "));
    case availability:
        return row.figures.availability
                   ? tr("%1 (%2 to %3)")
                         .arg(availabilityText(row.figures.availability->value),
                              availabilityText(row.figures.availability->low).section(' ', 0, 0),
                              availabilityText(row.figures.availability->high).section(' ', 0, 0))
                   : unknown;
    case p99:
        return row.figures.p99_ms ? tr("%1 (%2 to %3)")
                                        .arg(secondsText(row.figures.p99_ms->value / 1e3))
                                        .arg(row.figures.p99_ms->low / 1e3, 0, 'f', 2)
                                        .arg(row.figures.p99_ms->high / 1e3, 0, 'f', 2)
                                  : unknown;
    case spend:
        return row.figures.spend_month_usd
                   ? tr("%1 (%2 to %3)")
                         .arg(usdPerMonth(row.figures.spend_month_usd->value),
                              usdPerMonth(row.figures.spend_month_usd->low),
                              usdPerMonth(row.figures.spend_month_usd->high))
                   : unknown;
    default:
        return index.row() == best_                 ? tr("best")
               : row.meets == tune::Meets::yes      ? tr("yes")
               : row.meets == tune::Meets::probably ? tr("probably")
                                                    : tr("no");
    }
}

QVariant SuggestionModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= columns)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(
            Qt::AlignVCenter |
            (section == changes || section == meets ? Qt::AlignLeft : Qt::AlignRight));
    const QString names[] = {tr("changes"), tr("availability (95 %)"), tr("p99 (95 %)"),
                             tr("USD a month (95 %)"), tr("meets the goal")};
    return role == Qt::DisplayRole ? QVariant(names[section]) : QVariant();
}

QString buysText(const tune::Change& change) {
    if (!change.buys)
        return {};
    // What is lost without it, where the interval leaves no doubt about the sign.
    const auto sure = [](const std::optional<tune::Estimate>& e) {
        return e && (e->low > 0 || e->high < 0);
    };
    QStringList parts;
    const auto& b = *change.buys;
    if (sure(b.availability))
        parts << (b.availability->value < 0 ? QObject::tr("%1 points less available")
                                            : QObject::tr("%1 points more available"))
                     .arg(std::abs(b.availability->value) * 100, 0, 'g', 2);
    if (sure(b.p99_ms))
        parts << (b.p99_ms->value > 0 ? QObject::tr("p99 %1 longer")
                                      : QObject::tr("p99 %1 shorter"))
                     .arg(secondsText(std::abs(b.p99_ms->value) / 1e3));
    if (sure(b.spend_month_usd))
        parts << (b.spend_month_usd->value > 0 ? QObject::tr("%1 USD a month more")
                                               : QObject::tr("%1 USD a month less"))
                     .arg(usdPerMonth(std::abs(b.spend_month_usd->value)));
    return parts.isEmpty() ? QObject::tr("without it: no difference that is sure")
                           : QObject::tr("without it: %1").arg(parts.join(QStringLiteral(", ")));
}

} // namespace brownout::ui
