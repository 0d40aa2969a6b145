#include "ui/pages/playground/chat_settings.h"

#include "ui/pages/playground/fields.h"
#include "ui/shell/theme.h"

#include <QBoxLayout>
#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QPushButton>

namespace brownout::ui {
namespace {

constexpr double noPart = -0.05; // below every real one
constexpr qsizetype mostStops = 16;

} // namespace

std::vector<std::string> stopSequences(const QString& text) {
    std::vector<std::string> out;
    for (const QString& line : text.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
        QString sequence;
        for (qsizetype i = 0; i < line.size(); ++i) {
            const QChar next =
                line[i] == QLatin1Char('\\') && i + 1 < line.size() ? line[i + 1] : QChar();
            if (next == QLatin1Char('n') || next == QLatin1Char('t') || next == QLatin1Char('\\')) {
                sequence += next == QLatin1Char('n')   ? QLatin1Char('\n')
                            : next == QLatin1Char('t') ? QLatin1Char('\t')
                                                       : QLatin1Char('\\');
                ++i;
            } else {
                sequence += line[i];
            }
        }
        if (static_cast<qsizetype>(out.size()) < mostStops)
            out.push_back(sequence.toStdString());
    }
    return out;
}

QString stopText(const std::vector<std::string>& sequences) {
    QStringList lines;
    for (const std::string& s : sequences)
        lines << QString::fromStdString(s)
                     .replace(QLatin1Char('\\'), QLatin1String("\\\\"))
                     .replace(QLatin1Char('\n'), QLatin1String("\\n"))
                     .replace(QLatin1Char('\t'), QLatin1String("\\t"));
    return lines.join(QLatin1Char('\n'));
}

ChatSettings::ChatSettings(QWidget* parent) : QFrame(parent) {
    setProperty("panel", true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * gridUnit, 12, 2 * gridUnit, 12);
    column->setSpacing(gridUnit);
    system_ = makeEditor(tr("System prompt"), "system_prompt",
                         tr("You answer in one short paragraph."), this);
    system_->setMinimumHeight(5 * gridUnit);
    column->addWidget(captionFor(system_, tr("System prompt"), this));
    column->addWidget(system_, 1);

    auto* head = new QHBoxLayout;
    auto* title = new QLabel(tr("Parameters"), this);
    title->setProperty("title", true);
    reset_ = new QPushButton(tr("Reset"), this);
    reset_->setObjectName(QStringLiteral("reset_parameters"));
    reset_->setAccessibleName(tr("Reset the parameters"));
    reset_->setProperty("flat", true);
    reset_->setToolTip(tr("Sends none of them: every provider uses its own default"));
    connect(reset_, &QPushButton::clicked, this, &ChatSettings::reset);
    head->addWidget(title, 1);
    head->addWidget(reset_);
    column->addLayout(head);
    column->addLayout(makeGrid());

    connect(system_, &QPlainTextEdit::textChanged, this, &ChatSettings::changed);
    connect(stop_, &QPlainTextEdit::textChanged, this, &ChatSettings::changed);
    connect(seed_, &QLineEdit::textChanged, this, &ChatSettings::changed);
    for (QSpinBox* box : {maxTokens_, topK_})
        connect(box, &QSpinBox::valueChanged, this, &ChatSettings::changed);
    for (QDoubleSpinBox* box : {temperature_, topP_})
        connect(box, &QDoubleSpinBox::valueChanged, this, &ChatSettings::changed);
    for (QCheckBox* box : {stream_, json_})
        connect(box, &QCheckBox::toggled, this, &ChatSettings::changed);
}

QSpinBox* ChatSettings::addCount(const char* objectName, int highest, int step,
                                 const QString& tip) {
    auto* box = new QSpinBox(this);
    box->setObjectName(QLatin1String(objectName));
    box->setRange(noCount, highest);
    box->setSingleStep(step);
    box->setSpecialValueText(tr("not sent"));
    box->setToolTip(tip);
    return box;
}

QDoubleSpinBox* ChatSettings::addPart(const char* objectName, double highest, const QString& tip) {
    auto* box = new QDoubleSpinBox(this);
    box->setObjectName(QLatin1String(objectName));
    box->setRange(noPart, highest);
    box->setDecimals(2);
    box->setSingleStep(0.05);
    box->setSpecialValueText(tr("not sent"));
    box->setValue(noPart);
    box->setToolTip(tip);
    return box;
}

QGridLayout* ChatSettings::makeGrid() {
    temperature_ = addPart("temperature", 2.0, tr("0 to 2. Some models accept only their default"));
    topP_ = addPart("top_p", 1.0, tr("0 to 1. Set it or the temperature, not both"));
    maxTokens_ = addCount("max_tokens", 1'000'000, 50, tr("At most so many tokens of answer"));
    topK_ = addCount("top_k", 1'000, 1, tr("Choose among so many tokens. Few providers know it"));
    seed_ = makeSeed("seed", this);
    stop_ =
        makeEditor(tr("Stop at"), "stop_sequences", tr("one text a line; \\n: a line break"), this);
    stop_->setFixedHeight(6 * gridUnit);
    stop_->setToolTip(tr("The answer ends before any of these texts, one a line, at most 16"));
    stream_ = new QCheckBox(tr("Stream"), this);
    stream_->setObjectName(QStringLiteral("stream"));
    stream_->setToolTip(tr("Show the answer as it is written"));
    stream_->setChecked(true);
    json_ = new QCheckBox(tr("JSON answer"), this);
    json_->setObjectName(QStringLiteral("json_answer"));
    json_->setToolTip(tr("The answer is to be one JSON value"));
    for (QCheckBox* box : {stream_, json_})
        box->setAccessibleName(box->text());

    auto* grid = fieldGrid();
    const auto put = [&](QWidget* field, const QString& name, int row, int column) {
        putField(*grid, field, name, row, column, this);
    };
    put(temperature_, tr("Temperature"), 0, 0);
    put(topP_, tr("Top P"), 0, 2);
    put(maxTokens_, tr("Max tokens"), 1, 0);
    put(topK_, tr("Top K"), 1, 2);
    grid->addWidget(captionFor(seed_, tr("Seed"), this), 2, 0);
    grid->addWidget(seed_, 2, 1, 1, 3);
    auto* boxes = new QHBoxLayout;
    boxes->setSpacing(2 * gridUnit);
    boxes->addWidget(stream_);
    boxes->addWidget(json_);
    boxes->addStretch(1);
    grid->addWidget(captionFor(stop_, tr("Stop at"), this), 3, 0);
    grid->addWidget(stop_, 3, 1, 1, 3);
    grid->addLayout(boxes, 4, 1, 1, 3);
    return grid;
}

void ChatSettings::reset() {
    wire::ChatRequest none;
    none.messages = settings().messages; // the system prompt is no parameter
    none.stream = stream_->isChecked();
    setSettings(none);
}

wire::ChatRequest ChatSettings::settings() const {
    wire::ChatRequest out;
    const QString system = system_->toPlainText().left(promptLimit).trimmed();
    if (!system.isEmpty())
        out.messages.push_back({wire::Role::system, system.toStdString()});
    out.stream = stream_->isChecked();
    out.json = json_->isChecked();
    if (maxTokens_->value() != noCount)
        out.max_tokens = maxTokens_->value();
    if (topK_->value() != noCount)
        out.top_k = topK_->value();
    if (temperature_->value() > noPart / 2)
        out.temperature = temperature_->value();
    if (topP_->value() > noPart / 2)
        out.top_p = topP_->value();
    out.seed = seedOf(*seed_);
    out.stop = stopSequences(stop_->toPlainText());
    return out;
}

void ChatSettings::setSettings(const wire::ChatRequest& settings) {
    QString system;
    for (const wire::Message& m : settings.messages)
        if (m.role == wire::Role::system)
            system = QString::fromStdString(m.text);
    system_->setPlainText(system);
    stream_->setChecked(settings.stream);
    json_->setChecked(settings.json);
    maxTokens_->setValue(static_cast<int>(settings.max_tokens.value_or(noCount)));
    topK_->setValue(static_cast<int>(settings.top_k.value_or(noCount)));
    temperature_->setValue(settings.temperature.value_or(noPart));
    topP_->setValue(settings.top_p.value_or(noPart));
    setSeed(*seed_, settings.seed);
    stop_->setPlainText(stopText(settings.stop));
}

} // namespace brownout::ui
