#include "ui/pages/chains/worst_case_panel.h"

#include "ui/shell/session.h"

#include "ui/shell/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QSpinBox>

namespace brownout::ui {

namespace {

QSpinBox* tokens(const QString& name, const QString& objectName, int value) {
    auto* box = new QSpinBox;
    box->setRange(0, 1'000'000);
    box->setSingleStep(100);
    box->setValue(value);
    box->setGroupSeparatorShown(true);
    box->setObjectName(objectName);
    box->setAccessibleName(name);
    box->setToolTip(name);
    return box;
}

QString times(int n) {
    return n == 1   ? WorstCasePanel::tr("once")
           : n == 2 ? WorstCasePanel::tr("twice")
                    : WorstCasePanel::tr("%1 times").arg(n);
}

// "Aster" for "aster/gpt-5-mini"; the model too where a provider is there twice.
QString nameOf(const std::string& target) {
    return Session::displayName(QString::fromStdString(target.substr(0, target.find('/'))));
}

} // namespace

WorstCasePanel::WorstCasePanel(QWidget* parent) : QFrame(parent) {
    setProperty("panel", true);
    setObjectName(QStringLiteral("worst_case"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * gridUnit, gridUnit, 2 * gridUnit, gridUnit + 2);
    column->setSpacing(gridUnit / 2);
    auto* row = new QHBoxLayout;
    row->setSpacing(3 * gridUnit);
    column->addLayout(row);
    row->addWidget(figure(tr("at worst: attempts"), QStringLiteral("worst_attempts"), attempts_));
    row->addWidget(figure(tr("seconds"), QStringLiteral("worst_seconds"), seconds_));
    row->addWidget(figure(tr("USD per request"), QStringLiteral("worst_usd"), usd_));
    path_ = new QLabel;
    path_->setProperty("muted", true);
    path_->setWordWrap(true);
    path_->setObjectName(QStringLiteral("worst_path"));
    row->addWidget(path_, 1);
    auto* assumption = new QHBoxLayout;
    assumption->setSpacing(gridUnit);
    column->addLayout(assumption);
    const chain::RequestSize usual;
    input_ = tokens(tr("Assumed input tokens"), QStringLiteral("worst_input"),
                    static_cast<int>(usual.input_tokens));
    output_ = tokens(tr("Assumed output tokens"), QStringLiteral("worst_output"),
                     static_cast<int>(usual.output_tokens));
    const auto words = [&](const QString& text) {
        auto* label = new QLabel(text);
        label->setProperty("muted", true);
        assumption->addWidget(label);
    };
    words(tr("assuming"));
    assumption->addWidget(input_);
    words(tr("input and"));
    assumption->addWidget(output_);
    words(tr("output tokens, all billed"));
    assumption->addStretch();
    for (auto* box : {input_, output_})
        connect(box, &QSpinBox::valueChanged, this, &WorstCasePanel::compute);
}

QWidget* WorstCasePanel::figure(const QString& caption, const QString& objectName, QLabel*& value) {
    auto* holder = new QWidget;
    auto* column = new QVBoxLayout(holder);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* label = new QLabel(caption);
    label->setProperty("muted", true);
    value = new QLabel(QStringLiteral("–"));
    value->setProperty("figure", true);
    value->setObjectName(objectName);
    value->setAccessibleName(caption);
    column->addWidget(label);
    column->addWidget(value);
    return holder;
}

void WorstCasePanel::show(const chain::Document& document, const chain::Chain& shown) {
    document_ = document;
    chainId_ = shown.id;
    compute();
}

void WorstCasePanel::clear() {
    chainId_.clear();
    for (QLabel* label : {attempts_, seconds_, usd_})
        label->setText(QStringLiteral("–"));
    path_->setText(tr("A chain with a target that may be used fills these figures."));
}

QString WorstCasePanel::sentence(const chain::WorstCase& worst) {
    if (worst.attempts == 0)
        return tr("No target may be used: every request fails at once.");
    QString out;
    if (!worst.dearest.empty()) {
        QStringList steps;
        for (const auto& step : worst.dearest)
            steps << tr("%1 %2").arg(nameOf(step.target), times(step.attempts));
        out = tr("Dearest path: %1.").arg(steps.join(QStringLiteral(", ")));
    }
    if (worst.capped_by_total)
        out += tr(" The limit for the whole answer ends it.");
    if (worst.capped_by_budget)
        out += tr(" The budget per request caps the cost.");
    if (!worst.unpriced.empty()) {
        QStringList names;
        for (const auto& name : worst.unpriced)
            names << nameOf(name);
        out += tr(" No price is known for %1: not counted.").arg(names.join(QStringLiteral(", ")));
    }
    return out.trimmed();
}

void WorstCasePanel::compute() {
    const auto* shown = document_.chain(chainId_);
    if (!shown)
        return clear();
    const chain::WorstCase worst =
        chain::worst_case(document_, *shown, {input_->value(), output_->value()});
    attempts_->setText(QString::number(worst.attempts));
    seconds_->setText(QString::number(worst.seconds, 'f', worst.seconds < 100 ? 1 : 0));
    usd_->setText(!worst.cost              ? tr("unknown")
                  : worst.unpriced.empty() ? QString::number(worst.cost->usd(), 'f', 5)
                                           : tr("over %1").arg(worst.cost->usd(), 0, 'f', 5));
    path_->setText(sentence(worst));
}

} // namespace brownout::ui
