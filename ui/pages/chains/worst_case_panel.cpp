#include "ui/pages/chains/worst_case_panel.h"

#include "ui/shell/session.h"
#include "ui/shell/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
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

QString names(const std::vector<std::string>& targets) {
    QStringList out;
    for (const std::string& target : targets) // "Aster" for "aster/gpt-5-mini"
        out << Session::displayName(QString::fromStdString(target.substr(0, target.find('/'))));
    return out.join(QStringLiteral(", "));
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
    paths_ = new QWidget;
    paths_->setObjectName(QStringLiteral("worst_paths"));
    auto* lines = new QVBoxLayout(paths_);
    lines->setContentsMargins(0, gridUnit / 2, 0, gridUnit / 2);
    lines->setSpacing(gridUnit);
    row->addWidget(figure(tr("at worst: attempts"), QStringLiteral("attempts"), attempts_));
    row->addWidget(figure(tr("seconds"), QStringLiteral("seconds"), seconds_));
    row->addWidget(figure(tr("USD per request"), QStringLiteral("usd"), usd_));
    row->addStretch(1);
    showPaths_ = new QPushButton(tr("How"));
    showPaths_->setObjectName(QStringLiteral("worst_show_paths"));
    showPaths_->setAccessibleName(tr("How the worst case comes about"));
    showPaths_->setToolTip(tr("Shows which attempts and waits lead to each figure"));
    showPaths_->setCheckable(true);
    row->addWidget(showPaths_, 0, Qt::AlignVCenter);
    column->addWidget(paths_);
    paths_->hide();
    connect(showPaths_, &QPushButton::toggled, paths_, &QWidget::setVisible);
    remarks_ = new QLabel;
    remarks_->setProperty("muted", true);
    remarks_->setWordWrap(true);
    remarks_->setTextFormat(Qt::PlainText);
    remarks_->setObjectName(QStringLiteral("worst_remarks"));
    column->addWidget(remarks_);
    column->addLayout(assumption());
}

QLayout* WorstCasePanel::assumption() {
    auto* row = new QHBoxLayout;
    row->setSpacing(gridUnit);
    const chain::RequestSize usual;
    input_ = tokens(tr("Assumed input tokens"), QStringLiteral("worst_input"),
                    static_cast<int>(usual.input_tokens));
    output_ = tokens(tr("Assumed output tokens"), QStringLiteral("worst_output"),
                     static_cast<int>(usual.output_tokens));
    const auto words = [&](const QString& text) {
        auto* label = new QLabel(text);
        label->setProperty("muted", true);
        row->addWidget(label);
    };
    words(tr("assuming"));
    row->addWidget(input_);
    words(tr("input and"));
    row->addWidget(output_);
    words(tr("output tokens, all billed"));
    row->addStretch();
    for (auto* box : {input_, output_})
        connect(box, &QSpinBox::valueChanged, this, &WorstCasePanel::compute);
    return row;
}

QWidget* WorstCasePanel::figure(const QString& caption, const QString& name, Figure& figure) {
    auto* holder = new QWidget;
    auto* column = new QVBoxLayout(holder);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* label = new QLabel(caption);
    label->setProperty("muted", true);
    figure.value = new QLabel(QStringLiteral("–"));
    figure.value->setProperty("figure", true);
    figure.value->setObjectName(QStringLiteral("worst_") + name);
    figure.value->setAccessibleName(caption);
    column->addWidget(label);
    column->addWidget(figure.value);
    figure.path = new QLabel;
    figure.path->setWordWrap(true);
    figure.path->setTextFormat(Qt::PlainText);
    figure.path->setTextInteractionFlags(Qt::TextSelectableByMouse);
    figure.path->setObjectName(QStringLiteral("worst_path_") + name);
    paths_->layout()->addWidget(figure.path);
    return holder;
}

void WorstCasePanel::setPath(Figure& figure, const QString& text) {
    figure.path->setText(text);
    figure.path->setVisible(!text.isEmpty());
    figure.value->setToolTip(text);
    figure.value->setAccessibleDescription(text);
}

void WorstCasePanel::show(const chain::Document& document, const chain::Chain& shown) {
    document_ = document;
    chainId_ = shown.id;
    compute();
}

void WorstCasePanel::clear() {
    chainId_.clear();
    for (Figure* figure : {&attempts_, &seconds_, &usd_}) {
        figure->value->setText(QStringLiteral("–"));
        setPath(*figure, {});
    }
    showPaths_->setEnabled(false);
    remarks_->setText(tr("A chain with a target that may be used fills these figures."));
    remarks_->show();
}

QString WorstCasePanel::remarks(const chain::WorstCase& worst) {
    if (worst.attempts == 0)
        return tr("No target may be used: every request fails at once.");
    QStringList out;
    if (worst.capped_by_total)
        out << tr("The limit for the whole answer ends it.");
    if (worst.capped_by_budget)
        out << tr("The budget caps the cost.");
    if (!worst.exact)
        out << tr("Upper bounds: a breaker or a cap may end it earlier.");
    if (!worst.unpriced.empty())
        out << tr("No price is known for %1: not counted.").arg(names(worst.unpriced));
    return out.join(QLatin1Char(' '));
}

QString WorstCasePanel::pathText(const chain::Chain& chain, const chain::WorstPath& path,
                                 chain::PathView view) {
    QStringList lines;
    for (const std::string& line : chain::path_text(chain, path, view)) {
        QString words = QString::fromStdString(line);
        const qsizetype slash = words.indexOf(QLatin1Char('/'));
        if (slash > 0)
            words = Session::displayName(words.left(slash)) + QStringLiteral(" / ") +
                    words.mid(slash + 1);
        lines << words;
    }
    return lines.join(QLatin1Char('\n'));
}

void WorstCasePanel::compute() {
    const auto* shown = document_.chain(chainId_);
    if (!shown)
        return clear();
    const chain::WorstCase worst =
        chain::worst_case(document_, *shown, {input_->value(), output_->value()});
    attempts_.value->setText(QString::number(worst.attempts));
    seconds_.value->setText(QString::number(worst.seconds, 'f', worst.seconds < 100 ? 1 : 0));
    usd_.value->setText(!worst.cost              ? tr("unknown")
                        : worst.unpriced.empty() ? QString::number(worst.cost->usd(), 'f', 5)
                                                 : tr("over %1").arg(worst.cost->usd(), 0, 'f', 5));
    const auto path = [&](const QString& title, const chain::WorstPath& steps,
                          chain::PathView view) {
        const QString text = pathText(*shown, steps, view);
        return text.isEmpty() ? text : title + QLatin1Char('\n') + text;
    };
    setPath(attempts_, path(tr("Most attempts"), worst.most_attempts, chain::PathView::attempts));
    setPath(seconds_, path(tr("Longest"), worst.longest, chain::PathView::seconds));
    setPath(usd_,
            worst.cost ? path(tr("Dearest"), worst.dearest, chain::PathView::dollars) : QString());
    showPaths_->setEnabled(worst.attempts > 0);
    const QString said = remarks(worst);
    remarks_->setText(said);
    remarks_->setVisible(!said.isEmpty());
}

} // namespace brownout::ui
