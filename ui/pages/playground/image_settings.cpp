#include "ui/pages/playground/image_settings.h"

#include "ui/pages/playground/fields.h"
#include "ui/shell/theme.h"
#include "wire/image_size.h"

#include <QBoxLayout>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QPushButton>

namespace brownout::ui {
namespace {

constexpr double noGuidance = -0.5; // below every real one

std::string wordOf(const QComboBox& box) {
    return box.currentIndex() <= 0 ? std::string{} : box.currentText().toStdString();
}

} // namespace

ImageSettings::ImageSettings(QWidget* parent) : QFrame(parent) {
    setProperty("panel", true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * gridUnit, 12, 2 * gridUnit, 12);
    column->setSpacing(gridUnit);
    negative_ =
        makeEditor(tr("Negative prompt"), "negative_prompt", tr("blurry, text, watermark"), this);
    negative_->setMinimumHeight(5 * gridUnit);
    negative_->setToolTip(tr("What the picture should not show"));
    column->addWidget(captionFor(negative_, tr("Negative prompt"), this));
    column->addWidget(negative_, 1);
    auto* head = new QHBoxLayout;
    auto* title = new QLabel(tr("Parameters"), this);
    title->setProperty("title", true);
    auto* reset = new QPushButton(tr("Reset"), this);
    reset->setObjectName(QStringLiteral("reset_picture"));
    reset->setAccessibleName(tr("Reset the parameters"));
    reset->setProperty("flat", true);
    reset->setToolTip(tr("Sends none of them: every model uses its own default"));
    connect(reset, &QPushButton::clicked, this, [this] {
        wire::ImageRequest none;
        none.negative_prompt = negative_->toPlainText().toStdString();
        setSettings(none);
    });
    head->addWidget(title, 1);
    head->addWidget(reset);
    column->addLayout(head);
    column->addLayout(makeGrid());

    connect(negative_, &QPlainTextEdit::textChanged, this, &ImageSettings::changed);
    connect(seed_, &QLineEdit::textChanged, this, &ImageSettings::changed);
    for (QSpinBox* box : {count_, steps_})
        connect(box, &QSpinBox::valueChanged, this, &ImageSettings::changed);
    connect(guidance_, &QDoubleSpinBox::valueChanged, this, &ImageSettings::changed);
    for (QComboBox* box : {size_, quality_, format_})
        connect(box, &QComboBox::currentTextChanged, this, &ImageSettings::changed);
}

QSpinBox* ImageSettings::addCount(const char* objectName, int highest, const QString& tip) {
    auto* box = new QSpinBox(this);
    box->setObjectName(QLatin1String(objectName));
    box->setRange(noCount, highest);
    box->setSpecialValueText(tr("not sent"));
    box->setToolTip(tip);
    return box;
}

QComboBox* ImageSettings::addWords(const char* objectName, const QStringList& words) {
    auto* box = new QComboBox(this);
    box->setObjectName(QLatin1String(objectName));
    box->addItem(tr("not sent"));
    box->addItems(words);
    return box;
}

QGridLayout* ImageSettings::makeGrid() {
    size_ = addWords("picture_size", {"512x512", "1024x1024", "1024x768", "768x1024", "1024x576",
                                      "576x1024", "1536x1024", "1024x1536"});
    size_->setEditable(true);
    size_->setInsertPolicy(QComboBox::NoInsert);
    size_->setToolTip(tr("WIDTHxHEIGHT in pixels. Of a model that has other sizes, the nearest"));
    count_ = addCount("picture_count", 10, tr("How many pictures; each is paid for"));
    steps_ = addCount("picture_steps", 1000, tr("Inference steps: more take longer"));
    guidance_ = new QDoubleSpinBox(this);
    guidance_->setObjectName(QStringLiteral("picture_guidance"));
    guidance_->setRange(noGuidance, 100.0);
    guidance_->setDecimals(1);
    guidance_->setSingleStep(0.5);
    guidance_->setSpecialValueText(tr("not sent"));
    guidance_->setValue(noGuidance);
    guidance_->setToolTip(tr("How closely the picture follows the prompt"));
    seed_ = makeSeed("picture_seed", this);
    quality_ = addWords("picture_quality", {"low", "medium", "high", "standard", "hd"});
    format_ = addWords("picture_format", {"png", "jpeg", "webp"});

    auto* grid = fieldGrid();
    const auto put = [&](QWidget* field, const QString& name, int row, int column) {
        putField(*grid, field, name, row, column, this);
    };
    put(size_, tr("Size"), 0, 0);
    put(count_, tr("Count"), 0, 2);
    put(steps_, tr("Steps"), 1, 0);
    put(guidance_, tr("Guidance"), 1, 2);
    put(seed_, tr("Seed"), 2, 0);
    put(quality_, tr("Quality"), 2, 2);
    put(format_, tr("Format"), 3, 0);
    return grid;
}

QString ImageSettings::problem() const {
    const std::string size = size_->currentText().toStdString();
    if (size_->currentText() == size_->itemText(0) || size.empty() || wire::parse_size(size))
        return {};
    return tr("The size is no WIDTHxHEIGHT in pixels");
}

wire::ImageRequest ImageSettings::settings() const {
    wire::ImageRequest out;
    out.negative_prompt = negative_->toPlainText().left(promptLimit).trimmed().toStdString();
    if (const auto size = wire::parse_size(size_->currentText().toStdString())) {
        out.width = size->width;
        out.height = size->height;
    }
    if (count_->value() != noCount)
        out.count = count_->value();
    if (steps_->value() != noCount)
        out.steps = steps_->value();
    if (guidance_->value() > noGuidance / 2)
        out.guidance = guidance_->value();
    out.seed = seedOf(*seed_);
    out.quality = wordOf(*quality_);
    out.format = wordOf(*format_);
    return out;
}

void ImageSettings::setSettings(const wire::ImageRequest& settings) {
    negative_->setPlainText(QString::fromStdString(settings.negative_prompt));
    size_->setCurrentText(
        settings.width && settings.height
            ? QString::fromStdString(wire::ImageSize{*settings.width, *settings.height}.text())
            : size_->itemText(0));
    count_->setValue(static_cast<int>(settings.count.value_or(noCount)));
    steps_->setValue(static_cast<int>(settings.steps.value_or(noCount)));
    guidance_->setValue(settings.guidance.value_or(noGuidance));
    setSeed(*seed_, settings.seed);
    quality_->setCurrentIndex(
        std::max(0, quality_->findText(QString::fromStdString(settings.quality))));
    format_->setCurrentIndex(
        std::max(0, format_->findText(QString::fromStdString(settings.format))));
}

} // namespace brownout::ui
