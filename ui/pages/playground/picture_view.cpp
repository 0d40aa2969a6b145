#include "ui/pages/playground/picture_view.h"

#include "chain/json.h"
#include "ui/models/format.h"
#include "ui/pages/playground/fields.h"
#include "ui/shell/theme.h"

#include <QBoxLayout>
#include <QBuffer>
#include <QClipboard>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QImageReader>
#include <QPainter>
#include <QPushButton>

namespace brownout::ui {
namespace {
constexpr qint64 mostPixels = 64'000'000;
}

QString extensionFor(const std::string& mime) {
    if (mime == "image/png")
        return QStringLiteral("png");
    if (mime == "image/jpeg")
        return QStringLiteral("jpg");
    if (mime == "image/webp")
        return QStringLiteral("webp");
    if (mime == "image/gif")
        return QStringLiteral("gif");
    return QStringLiteral("bin");
}

QString pictureFileName(const QString& prompt, int which, const std::string& mime) {
    QString name;
    for (const QChar c : prompt.left(200)) {
        if (c.isLetterOrNumber())
            name += c.toLower();
        else if (!name.isEmpty() && !name.endsWith(QLatin1Char('-')))
            name += QLatin1Char('-');
    }
    name.truncate(48);
    while (name.endsWith(QLatin1Char('-')))
        name.chop(1);
    if (name.isEmpty())
        name = QStringLiteral("picture");
    if (which > 0)
        name += QStringLiteral("-%1").arg(which + 1);
    return name + QLatin1Char('.') + extensionFor(mime);
}

QString withExtension(const QString& path, const std::string& mime) {
    const QString extension = extensionFor(mime);
    const QString typed = QFileInfo(path).suffix().toLower();
    if (typed == extension || (typed == QLatin1String("jpeg") && extension == QLatin1String("jpg")))
        return path;
    static const QStringList ours{"png", "jpg", "jpeg", "webp", "gif", "bin"};
    QString stem = path;
    if (ours.contains(typed)) // of another kind than the bytes are
        stem.chop(typed.size() + 1);
    return stem + QLatin1Char('.') + extension;
}

QImage decodePicture(const std::string& bytes) {
    QByteArray data = QByteArray::fromRawData(bytes.data(), static_cast<qsizetype>(bytes.size()));
    QBuffer buffer(&data);
    buffer.open(QIODevice::ReadOnly);
    QImageReader reader(&buffer);
    reader.setDecideFormatFromContent(true);
    const QSize size = reader.size();
    if (size.isValid() && qint64{size.width()} * size.height() > mostPixels)
        return {};
    return reader.read();
}

// Paints the picture as large as fits, never larger than it is.
class PictureView::Canvas : public QWidget {
  public:
    using QWidget::QWidget;
    QImage image;
    QString words; // where there is no image

  protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        if (image.isNull()) {
            painter.setPen(colors().textMuted);
            painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap, words);
            return;
        }
        QSize size = image.size();
        if (size.width() > width() || size.height() > height())
            size.scale(this->size(), Qt::KeepAspectRatio);
        const QRect place({(width() - size.width()) / 2, (height() - size.height()) / 2}, size);
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        painter.drawImage(place, image);
        painter.setPen(colors().panelBorder);
        painter.drawRect(place.adjusted(0, 0, -1, -1));
    }
};

PictureView::PictureView(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit);
    canvas_ = new Canvas(this);
    canvas_->setObjectName(QStringLiteral("picture"));
    canvas_->setMinimumSize(12 * gridUnit, 12 * gridUnit);
    column->addWidget(canvas_, 1);
    auto* row = new QHBoxLayout;
    row->setSpacing(gridUnit / 2);
    facts_ = mutedLabel({}, this);
    facts_->setObjectName(QStringLiteral("picture_facts"));
    facts_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    row->addWidget(facts_, 1);
    earlier_ = makeButton({}, "earlier_picture", "left");
    earlier_->setAccessibleName(tr("The picture before"));
    which_ = mutedLabel({}, this);
    which_->setObjectName(QStringLiteral("which_picture"));
    later_ = makeButton({}, "later_picture", "right");
    later_->setAccessibleName(tr("The picture after"));
    for (QPushButton* button : {earlier_, later_})
        button->setProperty("flat", true);
    row->addWidget(earlier_);
    row->addWidget(which_);
    row->addWidget(later_);
    row->addSpacing(gridUnit);
    copy_ = makeButton(tr("Copy"), "copy_picture", "copy");
    save_ = makeButton(tr("Save as..."), "save_picture", "save");
    row->addWidget(copy_);
    row->addWidget(save_);
    column->addLayout(row);
    connect(earlier_, &QPushButton::clicked, this, [this] { choose(chosen_ - 1); });
    connect(later_, &QPushButton::clicked, this, [this] { choose(chosen_ + 1); });
    connect(save_, &QPushButton::clicked, this, &PictureView::saveAs);
    connect(copy_, &QPushButton::clicked, this, [this] {
        QGuiApplication::clipboard()->setImage(canvas_->image);
        Q_EMIT told(tr("Copied the picture."), false);
    });
}

QPushButton* PictureView::makeButton(const QString& text, const char* objectName,
                                     const char* iconName) {
    auto* button = new QPushButton(text, this);
    button->setObjectName(QLatin1String(objectName));
    button->setAccessibleName(text);
    button->setIcon(icon(QLatin1String(iconName)));
    return button;
}

void PictureView::showPictures(const Pictures& pictures, const QString& prompt) {
    prompt_ = prompt;
    if (pictures == pictures_ && pictures)
        return;
    pictures_ = pictures;
    choose(0);
}

void PictureView::choose(int which) {
    const int count = pictures_ ? static_cast<int>(pictures_->size()) : 0;
    chosen_ = std::clamp(which, 0, std::max(0, count - 1));
    for (QWidget* w : {static_cast<QWidget*>(earlier_), static_cast<QWidget*>(which_),
                       static_cast<QWidget*>(later_)})
        w->setVisible(count > 1);
    earlier_->setEnabled(chosen_ > 0);
    later_->setEnabled(chosen_ + 1 < count);
    which_->setText(tr("%1 of %2").arg(chosen_ + 1).arg(count));
    canvas_->image = {};
    canvas_->words.clear();
    QString facts;
    if (count > 0) {
        const wire::Picture& p = (*pictures_)[static_cast<std::size_t>(chosen_)];
        canvas_->image = decodePicture(p.bytes);
        QStringList parts;
        if (!canvas_->image.isNull())
            parts << tr("%1 × %2 px").arg(canvas_->image.width()).arg(canvas_->image.height());
        else
            canvas_->words = p.bytes.empty()
                                 ? tr("The provider gave only an address:\n%1")
                                       .arg(QString::fromStdString(p.url))
                                 : tr("This picture cannot be shown here. Save it to look at it.");
        if (!p.bytes.empty())
            parts << QString::fromStdString(p.mime)
                  << tr("%1 bytes").arg(formatCount(p.bytes.size()));
        facts = parts.join(QStringLiteral(" · "));
        save_->setEnabled(!p.bytes.empty());
    } else {
        save_->setEnabled(false);
    }
    copy_->setEnabled(!canvas_->image.isNull());
    facts_->setText(facts);
    canvas_->setAccessibleName(tr("Picture: %1").arg(prompt_.left(200)));
    canvas_->update();
}

QString PictureView::saveTo(QString& path) const {
    if (!pictures_ || pictures_->empty())
        return tr("There is no picture to save.");
    const wire::Picture& p = (*pictures_)[static_cast<std::size_t>(chosen_)];
    path = withExtension(path, p.mime);
    const auto written = chain::write_file_atomically(path.toStdString(), p.bytes);
    return written ? QString() : QString::fromStdString(written.error().text());
}

void PictureView::saveAs() {
    const wire::Picture& p = (*pictures_)[static_cast<std::size_t>(chosen_)];
    QString path = QFileDialog::getSaveFileName(this, tr("Save the picture"),
                                                pictureFileName(prompt_, chosen_, p.mime),
                                                tr("Pictures (*.%1)").arg(extensionFor(p.mime)));
    if (path.isEmpty())
        return;
    const QString wrong = saveTo(path);
    Q_EMIT told(wrong.isEmpty() ? tr("Saved %1.").arg(QDir::toNativeSeparators(path)) : wrong,
                !wrong.isEmpty());
}

} // namespace brownout::ui
