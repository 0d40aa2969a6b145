#include "ui/pages/playground/batch_form.h"

#include "ui/models/batch_text.h"
#include "ui/pages/playground/fields.h"
#include "ui/shell/theme.h"

#include <QBoxLayout>
#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QPushButton>
#include <QSignalBlocker>

namespace brownout::ui {

namespace {

constexpr double usualLimitUsd = 1; // until the user says otherwise, where someone bills

QString filter() {
    return QObject::tr("JSON lines (*.jsonl);;All files (*)");
}

} // namespace

BatchForm::BatchForm(QWidget* parent) : QFrame(parent) {
    setProperty("panel", true);
    setObjectName(QStringLiteral("batch_form"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * gridUnit, 12, 2 * gridUnit, 12);
    column->setSpacing(gridUnit);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(gridUnit);
    grid->setVerticalSpacing(gridUnit);
    grid->setColumnStretch(1, 1);
    in_ = addFile(*grid, 0, tr("Requests"), "batch_in",
                  tr("A file with a request on each line; drop it here"), chooseIn_);
    out_ = addFile(*grid, 1, tr("Answers"), "batch_out",
                   tr("The answers, a line each; what it holds already is not asked again"),
                   chooseOut_);
    column->addLayout(grid);
    column->addWidget(makeSettings());
    connect(chooseIn_, &QPushButton::clicked, this, &BatchForm::chooseInput);
    connect(chooseOut_, &QPushButton::clicked, this, &BatchForm::chooseOutput);
    connect(in_, &QLineEdit::textChanged, this, &BatchForm::onInput);
    connect(out_, &QLineEdit::textChanged, this, &BatchForm::changed);
    for (QSpinBox* box : {atATime_, perMinute_, patience_})
        connect(box, &QSpinBox::valueChanged, this, &BatchForm::changed);
    connect(spend_, &QDoubleSpinBox::valueChanged, this, [this] {
        spendChosen_ = true;
        Q_EMIT changed();
    });
    for (QCheckBox* box : {ordered_, again_})
        connect(box, &QCheckBox::toggled, this, &BatchForm::changed);
}

QLineEdit* BatchForm::addFile(QGridLayout& grid, int row, const QString& caption, const char* name,
                              const QString& hint, QPushButton*& choose) {
    auto* field = new QLineEdit(this);
    field->setObjectName(QLatin1String(name));
    field->setPlaceholderText(hint);
    field->setAcceptDrops(false); // the tab takes files, not their addresses as text
    choose = new QPushButton(tr("Choose..."), this);
    choose->setObjectName(QLatin1String(name) + QStringLiteral("_choose"));
    choose->setAccessibleName(tr("Choose the file: %1").arg(caption));
    grid.addWidget(captionFor(field, caption, this), row, 0);
    grid.addWidget(field, row, 1);
    grid.addWidget(choose, row, 2);
    return field;
}

QWidget* BatchForm::makeSettings() {
    auto* line = new QWidget(this);
    auto* row = new QHBoxLayout(line);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gridUnit);
    const auto add = [&](QWidget* field, const char* name, const QString& caption,
                         const QString& tip) {
        field->setObjectName(QLatin1String(name));
        field->setToolTip(tip);
        row->addWidget(captionFor(field, caption, line));
        row->addWidget(field);
        row->addSpacing(gridUnit);
    };
    atATime_ = new QSpinBox(line);
    atATime_->setRange(1, 1000);
    atATime_->setValue(8);
    add(atATime_, "batch_concurrency", tr("At a time"), tr("Requests that run at the same time"));
    perMinute_ = new QSpinBox(line);
    perMinute_->setRange(0, 1'000'000);
    perMinute_->setSpecialValueText(tr("no limit"));
    add(perMinute_, "batch_per_minute", tr("A minute"),
        tr("Starts no more requests than this in a minute; limits of the chain hold besides"));
    spend_ = new QDoubleSpinBox(line);
    spend_->setRange(0, 1e6);
    spend_->setDecimals(2);
    spend_->setSuffix(tr(" USD"));
    spend_->setSpecialValueText(tr("no limit"));
    add(spend_, "batch_max_spend", tr("Max spend"),
        tr("Starts no request that could exceed this, at worst"));
    patience_ = new QSpinBox(line);
    patience_->setRange(0, 24 * 60);
    patience_->setValue(static_cast<int>(to_seconds(live::BatchOptions{}.patience) / 60));
    patience_->setSuffix(tr(" min"));
    patience_->setSpecialValueText(tr("not at all"));
    add(patience_, "batch_patience", tr("Wait out"),
        tr("How long requests that no target takes are held back in an outage, before they fail"));
    const auto check = [&](const char* name, const QString& text, const QString& tip) {
        auto* box = new QCheckBox(text, line);
        box->setObjectName(QLatin1String(name));
        box->setAccessibleName(text);
        box->setToolTip(tip);
        row->addWidget(box);
        return box;
    };
    ordered_ = check("batch_ordered", tr("In order"),
                     tr("Writes the answers in the order of the requests, not as they come"));
    again_ = check("batch_retry", tr("Ask failed ones again"),
                   tr("Failed answers of an earlier run are taken out of the file and asked "
                      "again"));
    row->addStretch(1);
    return line;
}

live::StartBatch BatchForm::asked() const {
    live::StartBatch out;
    out.in = in_->text().trimmed().toStdString();
    out.out = out_->text().trimmed().toStdString();
    out.options.concurrency = static_cast<std::size_t>(atATime_->value());
    out.options.requests_per_min = perMinute_->value();
    out.options.ordered = ordered_->isChecked();
    out.options.patience = std::chrono::minutes{patience_->value()};
    if (spend_->value() > 0)
        out.options.max_spend = Money::from_usd(spend_->value());
    out.retry_failed = again_->isChecked();
    return out;
}

QString BatchForm::problem() const {
    const QString in = in_->text().trimmed(), out = out_->text().trimmed();
    if (in.isEmpty())
        return tr("Choose a file of requests first.");
    if (!QFileInfo(in).isFile())
        return tr("%1: there is no such file. Choose a file with a request on each line.").arg(in);
    if (out.isEmpty())
        return tr("Name a file for the answers.");
    if (QFileInfo(out).isDir())
        return tr("%1 is a folder. Name a file in it for the answers.").arg(out);
    return {};
}

bool BatchForm::goesOn() const {
    const QFileInfo out(out_->text().trimmed());
    return out.isFile() && out.size() > 0;
}

void BatchForm::setInput(const QString& path) {
    in_->setText(path);
}

void BatchForm::setOutput(const QString& path) {
    out_->setText(path);
}

void BatchForm::onInput() {
    const QString beside = answersBeside(in_->text().trimmed());
    if (out_->text() == suggested_)
        out_->setText(beside);
    suggested_ = beside;
    Q_EMIT changed();
}

void BatchForm::take(const QStringList& paths, bool onAnswers) {
    if (paths.isEmpty() || !in_->isEnabled())
        return;
    if (onAnswers)
        return setOutput(paths.front());
    setInput(paths.front());
    if (paths.size() > 1)
        setOutput(paths.at(1));
}

bool BatchForm::isAnswers(const QWidget* widget) const {
    return widget == out_ || widget == chooseOut_;
}

void BatchForm::setReal(bool real) {
    if (spendChosen_)
        return;
    const QSignalBlocker quiet(spend_);
    spend_->setValue(real ? usualLimitUsd : 0);
}

void BatchForm::setLocked(bool locked) {
    for (QWidget* field : {static_cast<QWidget*>(in_), static_cast<QWidget*>(out_),
                           static_cast<QWidget*>(chooseIn_), static_cast<QWidget*>(chooseOut_),
                           static_cast<QWidget*>(atATime_), static_cast<QWidget*>(perMinute_),
                           static_cast<QWidget*>(patience_), static_cast<QWidget*>(spend_),
                           static_cast<QWidget*>(ordered_), static_cast<QWidget*>(again_)})
        field->setEnabled(!locked);
}

void BatchForm::chooseInput() {
    const QString path = QFileDialog::getOpenFileName(this, tr("Requests of the batch"),
                                                      QFileInfo(in_->text()).path(), filter());
    if (!path.isEmpty())
        setInput(path);
}

void BatchForm::chooseOutput() {
    // A file that is there is gone on with, never replaced.
    const QString path =
        QFileDialog::getSaveFileName(this, tr("Answers of the batch"), out_->text(), filter(),
                                     nullptr, QFileDialog::DontConfirmOverwrite);
    if (!path.isEmpty())
        setOutput(path);
}

void BatchForm::focusInput() {
    in_->setFocus();
}

} // namespace brownout::ui
