#include "ui/pages/live/provider_tile.h"

#include "ui/charts/sparkline.h"
#include "ui/models/format.h"
#include "ui/shell/session.h"
#include "ui/shell/theme.h"
#include "ui/widgets/state_badge.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace brownout::ui {

namespace {

void setText(QLabel* label, const QString& text) {
    if (label->text() != text)
        label->setText(text);
}

void setTone(QWidget* widget, const char* tone) {
    if (widget->property("tone").toString() == QLatin1String(tone))
        return;
    widget->setProperty("tone", tone);
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
}

QLabel* figure(QHBoxLayout* row, const QString& caption, const QString& name, QWidget* parent) {
    auto* column = new QVBoxLayout;
    column->setSpacing(0);
    auto* label = new QLabel(caption, parent);
    label->setProperty("muted", true);
    auto* value = new QLabel(QStringLiteral("–"), parent);
    value->setProperty("figure", true);
    value->setObjectName(name);
    value->setAccessibleName(caption);
    column->addWidget(label);
    column->addWidget(value);
    row->addLayout(column);
    return value;
}

// What one press breaks, by how a person would say it.
struct BreakChoice {
    QString label;
    faults::Fault fault;
};

std::vector<BreakChoice> breakChoices() {
    using faults::Kind;
    const auto make = [](const QString& label, Kind kind, auto set) {
        BreakChoice c{label, {}};
        c.fault.kind = kind;
        set(c.fault);
        return c;
    };
    const auto nothing = [](faults::Fault&) {};
    return {
        make(QStringLiteral("HTTP 503, overloaded"), Kind::http_error,
             [](faults::Fault& f) { f.status = 503; }),
        make(QStringLiteral("HTTP 500, server error"), Kind::http_error,
             [](faults::Fault& f) { f.status = 500; }),
        make(QStringLiteral("Rate limit, 6 requests/min"), Kind::rate_limit,
             [](faults::Fault& f) { f.requests_per_min = 6; }),
        make(QStringLiteral("Refuses connections"), Kind::connect_refused, nothing),
        make(QStringLiteral("Accepts and never answers"), Kind::hang, nothing),
        make(QStringLiteral("Resets connections"), Kind::reset, nothing),
        make(QStringLiteral("3 s slower"), Kind::latency,
             [](faults::Fault& f) { f.ms = stats::Constant{3000}; }),
        make(QStringLiteral("Streams cut after 20 tokens"), Kind::stream_cut,
             [](faults::Fault& f) { f.after_tokens = 20; }),
        make(QStringLiteral("Streams stall after 20 tokens"), Kind::stream_stall,
             [](faults::Fault& f) {
                 f.after_tokens = 20;
                 f.ms = stats::Constant{60'000};
             }),
        make(QStringLiteral("Malformed events"), Kind::bad_event,
             [](faults::Fault& f) { f.at_token = 5; }),
    };
}

bool hits(const std::string& ruleTarget, const std::string& provider) {
    return ruleTarget == "*" || ruleTarget == provider || ruleTarget.starts_with(provider + "/");
}

// The state that a person should know about first.
struct Shown {
    int rank = 0;
    QString word;
    Tone tone = Tone::good;
    QString wait; // text with %1 for the seconds
    std::optional<double> seconds;
};

Shown shownState(const live::TargetView& t, Instant now) {
    const auto& s = t.status;
    const auto left = [&](Instant until) { return to_seconds(until - now); };
    if (!t.enabled)
        return {1, QObject::tr("Off"), Tone::neutral, {}, {}};
    if (s.disabled_until > now)
        return {6, QObject::tr("Out"), Tone::bad, QObject::tr("back in %1"),
                left(s.disabled_until)};
    if (s.hold == engine::BreakerHold::open)
        return {5, QObject::tr("Held open"), Tone::bad, {}, {}};
    if (s.hold == engine::BreakerHold::closed)
        return {0, QObject::tr("Held closed"), Tone::good, {}, {}};
    if (s.breaker == engine::BreakerState::open)
        return {4, QObject::tr("Open"), Tone::bad, QObject::tr("probe in %1"),
                t.next_probe_in ? to_seconds(*t.next_probe_in) : left(s.open_until)};
    if (s.breaker == engine::BreakerState::half_open)
        return {3, QObject::tr("Half-open"), Tone::warn, QObject::tr("probing"), {}};
    if (s.cooldown_until > now)
        return {2, QObject::tr("Cooling down"), Tone::warn, QObject::tr("%1 left"),
                left(s.cooldown_until)};
    return {0, QObject::tr("Closed"), Tone::good, {}, {}};
}

} // namespace

ProviderTile::ProviderTile(Session& session, QString provider, QWidget* parent)
    : QFrame(parent),
      session_(session),
      provider_(std::move(provider)),
      name_(Session::displayName(provider_)) {
    setProperty("panel", true);
    setObjectName(QStringLiteral("tile_") + provider_);
    setAccessibleName(name_);

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(12, 10, 12, 10);
    column->setSpacing(6);
    column->addLayout(makeTop());
    column->addLayout(makeFigures());
    column->addLayout(makeButtons());

    connect(break_, &QToolButton::clicked, this,
            [this] { breakWith(breakChoices().front().fault, std::nullopt); });
    connect(restore_, &QPushButton::clicked, this, [this] { session_.restoreProvider(provider_); });
    connect(probe_, &QPushButton::clicked, this, [this] {
        for (const auto& target : targetNames_)
            session_.post(live::ProbeNow{target});
    });
}

QHBoxLayout* ProviderTile::makeTop() {
    auto* top = new QHBoxLayout;
    top->setSpacing(gridUnit);
    chip_ = new QLabel(this);
    chip_->setFixedSize(10, 10);
    auto* name = new QLabel(name_, this);
    name->setProperty("heading", true);
    model_ = new QLabel(this);
    model_->setProperty("muted", true);
    model_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    badge_ = new StateBadge(this);
    badge_->setObjectName(QStringLiteral("state_") + provider_);
    countdown_ = new QLabel(this);
    countdown_->setProperty("muted", true);
    countdown_->setObjectName(QStringLiteral("countdown_") + provider_);
    top->addWidget(chip_);
    top->addWidget(name);
    top->addWidget(model_, 1);
    top->addWidget(countdown_);
    top->addWidget(badge_);
    return top;
}

QHBoxLayout* ProviderTile::makeFigures() {
    auto* figures = new QHBoxLayout;
    figures->setSpacing(2 * gridUnit);
    failure_ = figure(figures, tr("failure rate, 1 min"),
                      QStringLiteral("failure_rate_") + provider_, this);
    p95_ = figure(figures, tr("p95"), QStringLiteral("p95_") + provider_, this);
    usd_ = figure(figures, tr("USD/h"), QStringLiteral("usd_per_hour_") + provider_, this);
    sparkline_ = new Sparkline(this);
    figures->addWidget(sparkline_, 1);
    return figures;
}

QHBoxLayout* ProviderTile::makeButtons() {
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(gridUnit);
    detail_ = new QLabel(this);
    detail_->setProperty("muted", true);
    detail_->setObjectName(QStringLiteral("detail_") + provider_);
    detail_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    probe_ = new QPushButton(tr("Probe now"), this);
    probe_->setObjectName(QStringLiteral("probe_") + provider_);
    probe_->setAccessibleName(tr("Probe %1 now").arg(name_));
    probe_->setToolTip(tr("Let the next request try %1 without waiting").arg(name_));
    probe_->hide();
    break_ = new QToolButton(this);
    break_->setText(tr("Break %1").arg(name_));
    break_->setObjectName(QStringLiteral("break_") + provider_);
    break_->setAccessibleName(break_->text());
    break_->setProperty("danger", true);
    break_->setPopupMode(QToolButton::MenuButtonPopup);
    break_->setFocusPolicy(Qt::StrongFocus);
    break_->setToolTip(tr("%1 answers HTTP 503 from now on. The arrow offers other ways to fail, "
                          "and for how long.")
                           .arg(name_));
    auto* menu = new QMenu(break_);
    buildBreakMenu(menu);
    break_->setMenu(menu);
    restore_ = new QPushButton(tr("Restore %1").arg(name_), this);
    restore_->setObjectName(QStringLiteral("restore_") + provider_);
    restore_->setAccessibleName(restore_->text());
    restore_->setProperty("primary", true);
    restore_->hide();
    buttons->addWidget(detail_, 1);
    buttons->addWidget(probe_);
    buttons->addWidget(break_);
    buttons->addWidget(restore_);
    return buttons;
}

void ProviderTile::buildBreakMenu(QMenu* menu) {
    const std::pair<QString, std::optional<double>> durations[] = {
        {tr("until restored"), std::nullopt},
        {tr("for 10 s"), 10},
        {tr("for 30 s"), 30},
        {tr("for 1 minute"), 60},
        {tr("for 5 minutes"), 300}};
    for (const BreakChoice& choice : breakChoices()) {
        QMenu* kind = menu->addMenu(choice.label);
        for (const auto& [label, seconds] : durations)
            kind->addAction(label, this, [this, fault = choice.fault, for_s = seconds] {
                breakWith(fault, for_s);
            });
    }
}

void ProviderTile::breakWith(const faults::Fault& fault, std::optional<double> for_s) {
    session_.breakProvider(provider_, fault, for_s);
}

void ProviderTile::setTargets(const std::vector<const live::TargetView*>& targets,
                              const live::Snapshot& snapshot) {
    if (targets.empty())
        return;
    QStringList models;
    targetNames_.clear();
    for (const auto* t : targets) {
        models << QString::fromStdString(t->model);
        targetNames_.push_back(t->name);
    }
    setText(model_, models.join(QStringLiteral(", ")));
    model_->setToolTip(model_->text());
    const int color = session_.colorIndex(provider_);
    const QString chip =
        QStringLiteral("background: %1; border-radius: 2px;").arg(seriesColor(color).name());
    if (chip_->styleSheet() != chip)
        chip_->setStyleSheet(chip);
    setState(targets, snapshot);
    setFigures(targets);
    // Where a provider has several targets the curve is that of the first, which is tried first.
    sparkline_->setSeries(targets.front()->series,
                          static_cast<std::int64_t>(to_seconds(snapshot.now)), color);
    std::uint32_t attempts = 0;
    for (const auto* t : targets)
        attempts += t->attempts_last_minute;
    setOutage(snapshot, attempts);
    sinceSnapshot_.restart();
    tick();
}

void ProviderTile::setState(const std::vector<const live::TargetView*>& targets,
                            const live::Snapshot& snapshot) {
    Shown worst;
    bool first = true;
    for (const auto* t : targets) {
        const Shown s = shownState(*t, snapshot.now);
        if (first || s.rank > worst.rank)
            worst = s;
        first = false;
    }
    badge_->setState(worst.word, worst.tone);
    waitText_ = worst.wait;
    waitSeconds_ = worst.seconds;
    const bool waiting = worst.rank == 4 || worst.rank == 6;
    if (probe_->isHidden() == waiting)
        probe_->setVisible(waiting);
}

void ProviderTile::setFigures(const std::vector<const live::TargetView*>& targets) {
    double failures = 0, p95 = -1, usd = 0;
    std::uint32_t attempts = 0;
    bool priced = true;
    for (const auto* t : targets) {
        failures += t->failure_rate * t->attempts_last_minute;
        attempts += t->attempts_last_minute;
        p95 = std::max(p95, t->p95_ms);
        usd += t->usd_per_hour;
        priced = priced && t->price_known;
    }
    const double rate = attempts ? failures / attempts : 0;
    setText(failure_, attempts ? formatRatio(rate) : QStringLiteral("–"));
    setTone(failure_, rate >= 0.05 ? "bad" : "none"); // the default alert is at 5 %
    setText(p95_, p95 < 0 ? QStringLiteral("–") : secondsText(p95 / 1e3));
    setText(usd_, priced ? formatUsd(usd) : tr("unknown"));
}

void ProviderTile::setOutage(const live::Snapshot& snapshot, std::uint32_t attempts) {
    const std::string id = provider_.toStdString();
    const live::ActiveFaultView* active = nullptr;
    bool manual = false;
    for (const auto& f : snapshot.active_faults)
        if (hits(f.target, id)) {
            manual = manual || f.manual;
            if (!active || f.manual)
                active = &f;
        }
    if (active) {
        const auto since = static_cast<qlonglong>(to_seconds(snapshot.now - active->since));
        setText(detail_, tr("outage: %1, %2 s")
                             .arg(QString::fromStdString(active->label))
                             .arg(std::max<qlonglong>(since, 0)));
        setTone(detail_, "bad");
    } else {
        setText(detail_, attempts == 0   ? tr("no attempt in the last minute")
                         : attempts == 1 ? tr("1 attempt in the last minute")
                                         : tr("%1 attempts in the last minute").arg(attempts));
        setTone(detail_, "none");
    }
    detail_->setToolTip(detail_->text());
    if (manual == manual_)
        return;
    manual_ = manual;
    const bool hadFocus = break_->hasFocus() || restore_->hasFocus();
    break_->setVisible(!manual);
    restore_->setVisible(manual);
    if (hadFocus) // the keyboard stays where the button was
        (manual ? static_cast<QWidget*>(restore_) : break_)->setFocus();
}

void ProviderTile::tick() {
    QString text = waitText_;
    if (waitSeconds_) {
        const double left = *waitSeconds_ - static_cast<double>(sinceSnapshot_.elapsed()) / 1e3;
        text = left > 0
                   ? waitText_.arg(QStringLiteral("%1 s").arg(static_cast<int>(std::ceil(left))))
                   : tr("probe with the next request");
    }
    setText(countdown_, text);
}

} // namespace brownout::ui
