#include "ui/pages/outages/fault_form.h"

#include "ui/shell/theme.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QSpinBox>

#include <algorithm>
#include <cmath>

namespace brownout::ui {
namespace {

using faults::Kind;

constexpr int hourMs = 3'600'000;
constexpr int mostTokens = 100'000;
constexpr int commonRows = 2; // how many, how long: below the kind's own parameters

faults::Fault usual(Kind kind) {
    faults::Fault f;
    f.kind = kind;
    if (kind == Kind::latency || kind == Kind::slow_first_token)
        f.ms = stats::Constant{2000};
    if (kind == Kind::slow_tokens || kind == Kind::slow_close)
        f.ms = stats::Constant{200};
    if (kind == Kind::stream_stall || kind == Kind::stream_cut || kind == Kind::stream_error)
        f.after_tokens = 20;
    if (kind == Kind::bad_event || kind == Kind::duplicate_event)
        f.at_token = 10;
    if (kind == Kind::rate_limit)
        f.requests_per_min = 30;
    if (kind == Kind::drop_field)
        f.pointer = "/choices";
    if (kind == Kind::bandwidth)
        f.kbyte_per_s = 4;
    if (kind == Kind::price_change)
        f.factor = 10;
    return f;
}

int msOf(const faults::Fault& fault) {
    return static_cast<int>(stats::mean(fault.ms));
}

} // namespace

FaultForm::FaultForm(QWidget* parent) : QWidget(parent), fault_(usual(Kind::http_error)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit);
    rows_ = new QFormLayout;
    rows_->setHorizontalSpacing(gridUnit);
    rows_->setVerticalSpacing(gridUnit);
    rows_->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    column->addLayout(rows_);
    share_ = new QSpinBox(this);
    share_->setObjectName(QStringLiteral("fault_share"));
    share_->setAccessibleName(tr("Hits"));
    share_->setRange(1, 100);
    share_->setValue(100);
    share_->setSuffix(tr(" % of requests"));
    duration_ = new QSpinBox(this);
    duration_->setObjectName(QStringLiteral("fault_duration"));
    duration_->setAccessibleName(tr("Lasts"));
    duration_->setRange(0, 86'400);
    duration_->setSpecialValueText(tr("until restored"));
    duration_->setSuffix(tr(" s"));
    duration_->setToolTip(tr("0: until it is restored by hand"));
    rows_->addRow(tr("Hits"), share_);
    rows_->addRow(tr("Lasts"), duration_);

    for (QSpinBox* box : {share_, duration_})
        connect(box, &QSpinBox::valueChanged, this, &FaultForm::changed);
    rebuild();
}

void FaultForm::setKind(Kind kind) {
    if (kind == fault_.kind)
        return;
    fault_ = usual(kind);
    rebuild();
    Q_EMIT changed();
}

void FaultForm::addWhole(const QString& label, const QString& name, int value, int low, int high,
                         const QString& suffix, std::function<void(int)> set) {
    auto* box = new QSpinBox(this);
    box->setObjectName(name);
    box->setAccessibleName(label);
    box->setRange(low, high);
    box->setSuffix(suffix);
    box->setValue(value);
    connect(box, &QSpinBox::valueChanged, this, [this, set = std::move(set)](int v) {
        set(v);
        Q_EMIT changed();
    });
    rows_->insertRow(rows_->rowCount() - commonRows, label, box);
}

void FaultForm::addChoice(const QString& label, const QString& name, const QStringList& options,
                          int current, std::function<void(int)> set) {
    auto* box = new QComboBox(this);
    box->setObjectName(name);
    box->setAccessibleName(label);
    box->addItems(options);
    box->setCurrentIndex(current);
    connect(box, &QComboBox::currentIndexChanged, this, [this, set = std::move(set)](int i) {
        set(i);
        Q_EMIT changed();
    });
    rows_->insertRow(rows_->rowCount() - commonRows, label, box);
}

void FaultForm::addText(const QString& label, const QString& name, const QString& value,
                        const QString& hint, std::function<void(const QString&)> set) {
    auto* box = new QLineEdit(value, this);
    box->setObjectName(name);
    box->setAccessibleName(label);
    box->setPlaceholderText(hint);
    box->setToolTip(hint);
    connect(box, &QLineEdit::textChanged, this, [this, set = std::move(set)](const QString& v) {
        set(v);
        Q_EMIT changed();
    });
    rows_->insertRow(rows_->rowCount() - commonRows, label, box);
}

void FaultForm::rebuild() {
    while (rows_->rowCount() > commonRows)
        rows_->removeRow(0);
    const auto milliseconds = [this](const QString& label, int low) {
        addWhole(label, QStringLiteral("fault_ms"), msOf(fault_), low, hourMs, tr(" ms"),
                 [this](int v) { fault_.ms = stats::Constant{static_cast<double>(v)}; });
    };
    const auto afterTokens = [this] {
        addWhole(tr("After"), QStringLiteral("fault_after_tokens"), fault_.after_tokens, 0,
                 mostTokens, tr(" tokens"), [this](int v) { fault_.after_tokens = v; });
    };
    // What an outage of several needs is whom; what a price does, it does to every request.
    share_->setEnabled(fault_.kind != Kind::price_change);
    if (fault_.kind == Kind::price_change)
        share_->setValue(100);
    switch (fault_.kind) {
    case Kind::http_error:
        addWhole(tr("Status"), QStringLiteral("fault_status"), fault_.status, 400, 599, {},
                 [this](int v) { fault_.status = v; });
        addWhole(tr("Retry-After"), QStringLiteral("fault_retry_after"), 0, 0, 86'400, tr(" s"),
                 [this](int v) {
                     fault_.retry_after_s = v > 0 ? std::optional<double>(v) : std::nullopt;
                 });
        break;
    case Kind::rate_limit:
        addWhole(tr("Allows"), QStringLiteral("fault_requests_per_min"),
                 static_cast<int>(fault_.requests_per_min.value_or(30)), 1, 100'000,
                 tr(" requests/min"), [this](int v) { fault_.requests_per_min = v; });
        break;
    case Kind::latency:
        milliseconds(tr("Adds"), 1);
        break;
    case Kind::slow_first_token:
        milliseconds(tr("Adds"), 1);
        break;
    case Kind::slow_tokens:
        milliseconds(tr("Adds a token"), 1);
        break;
    case Kind::slow_close:
        milliseconds(tr("Closes after"), 1);
        break;
    case Kind::hang:
    case Kind::connect_hang:
        milliseconds(tr("Hangs for"), 0);
        break;
    case Kind::keepalive_only:
        milliseconds(tr("Goes on for"), 0);
        break;
    case Kind::truncate:
        addWhole(tr("Sends"), QStringLiteral("fault_fraction"),
                 static_cast<int>(std::lround(fault_.fraction * 100)), 0, 99, tr(" % of the body"),
                 [this](int v) { fault_.fraction = v / 100.0; });
        break;
    case Kind::drop_field:
        addText(tr("Leaves out"), QStringLiteral("fault_pointer"),
                QString::fromStdString(fault_.pointer), tr("for example /choices/0/message"),
                [this](const QString& v) { fault_.pointer = v.toStdString(); });
        break;
    case Kind::bandwidth:
        addWhole(tr("Carries"), QStringLiteral("fault_bandwidth"),
                 static_cast<int>(std::lround(fault_.kbyte_per_s)), 1, 100'000, tr(" kB/s"),
                 [this](int v) { fault_.kbyte_per_s = v; });
        break;
    case Kind::price_change:
        addWhole(tr("Costs"), QStringLiteral("fault_factor"),
                 static_cast<int>(std::lround(fault_.factor)), 0, 1000, tr(" times as much"),
                 [this](int v) { fault_.factor = std::max(v, 0); });
        break;
    case Kind::group_outage:
        addText(tr("Together with"), QStringLiteral("fault_targets"), others_,
                tr("names or places, for example @2, @last"),
                [this](const QString& v) { others_ = v; });
        break;
    case Kind::stream_error:
        afterTokens();
        break;
    case Kind::duplicate_event:
    case Kind::reset:
        addChoice(tr("When"), QStringLiteral("fault_stage"),
                  {tr("as it connects"), tr("after the request"), tr("amid the headers")},
                  static_cast<int>(fault_.stage),
                  [this](int i) { fault_.stage = static_cast<faults::ResetStage>(i); });
        break;
    case Kind::stream_stall:
        afterTokens();
        milliseconds(tr("Stalls for"), 0);
        break;
    case Kind::stream_cut:
        afterTokens();
        addChoice(tr("Closes by"), QStringLiteral("fault_how"),
                  {tr("end (FIN)"), tr("reset (RST)")}, static_cast<int>(fault_.how),
                  [this](int i) { fault_.how = static_cast<faults::CutHow>(i); });
        break;
    case Kind::bad_event:
        addWhole(tr("At token"), QStringLiteral("fault_at_token"), fault_.at_token, 0, mostTokens,
                 {}, [this](int v) { fault_.at_token = v; });
        break;
    case Kind::dns_failure:
    case Kind::connect_refused:
    case Kind::tls_failure:
    case Kind::empty_close:
    case Kind::garbage:
    case Kind::html_page:
    case Kind::wrong_content_type:
    case Kind::wrong_length:
    case Kind::no_terminator:
    case Kind::no_usage:
    case Kind::split_utf8:
    case Kind::empty_answer:
    case Kind::length_stop:
    case Kind::wrong_model:
    case Kind::quota_exhausted:
    case Kind::bad_key:
    case Kind::model_missing:
    case Kind::region_blocked:
    case Kind::overloaded:
    case Kind::context_exceeded:
    case Kind::moderation:
    case Kind::job_failed:
    case Kind::job_never_ready:
    case Kind::expired_url:
    case Kind::corrupt_image:
        break; // no parameters
    }
    // 0 ms of a hang or a stall has a meaning of its own.
    if (auto* ms = findChild<QSpinBox*>(QStringLiteral("fault_ms")); ms && ms->minimum() == 0)
        ms->setSpecialValueText(tr("ever"));
    if (auto* after = findChild<QSpinBox*>(QStringLiteral("fault_retry_after")))
        after->setSpecialValueText(tr("not sent"));
}

faults::Rule FaultForm::rule(const std::string& provider) const {
    faults::Rule rule;
    rule.target = provider;
    rule.fault = fault_;
    if (fault_.kind == Kind::group_outage) {
        rule.group.push_back(provider);
        for (const QString& name : others_.split(QLatin1Char(','), Qt::SkipEmptyParts))
            rule.group.push_back(name.trimmed().toStdString());
    }
    if (share_->isEnabled())
        rule.when.probability = share_->value() / 100.0;
    if (duration_->value() > 0)
        rule.when.for_s = duration_->value();
    return rule;
}

QString FaultForm::summary() const {
    const faults::KindInfo& info = faults::info(fault_.kind);
    QString out = QString::fromUtf8(info.label.data(), static_cast<qsizetype>(info.label.size()));
    if (fault_.kind == Kind::http_error)
        out = tr("HTTP %1").arg(fault_.status);
    if (share_->isEnabled() && share_->value() < 100)
        out += tr(" for %1 % of requests").arg(share_->value());
    return duration_->value() > 0 ? out + tr(", %1 s").arg(duration_->value())
                                  : out + tr(", until restored");
}

} // namespace brownout::ui
