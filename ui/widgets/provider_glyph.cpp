#include "ui/widgets/provider_glyph.h"

#include "ui/shell/theme.h"

#include <QIconEngine>
#include <QPainter>
#include <QPainterPath>

#include <cmath>
#include <numbers>

namespace brownout::ui {

namespace {

using GlyphShape = ProviderGlyph::Shape;

// Of what no preset knows: hues that a name picks, as dark as those of the presets.
QColor colorOfName(const QString& name) {
    static const QColor colors[] = {"#3d5a80", "#8a4b12", "#00677d", "#9b2540",
                                    "#55603a", "#5a45a5", "#7d4a5e", "#1f6f54"};
    uint sum = 0; // qHash would differ from run to run
    for (const QChar c : name)
        sum = sum * 31 + c.unicode();
    return colors[sum % std::size(colors)];
}

// "My-proxy" is My, "llama.cpp" Ll, "a" A.
QString lettersOf(const QString& name) {
    QString letters;
    for (const QChar c : name)
        if (c.isLetterOrNumber() && letters.size() < 2)
            letters += letters.isEmpty() ? c.toUpper() : c.toLower();
    return letters.isEmpty() ? QStringLiteral("?") : letters;
}

QPainterPath outlineOf(GlyphShape shape, const QRectF& box) {
    QPainterPath path;
    const double w = box.width(), h = box.height();
    switch (shape) {
    case GlyphShape::circle:
        path.addEllipse(box);
        break;
    case GlyphShape::hexagon: {
        const QPointF middle = box.center();
        for (int i = 0; i < 6; ++i) {
            const double angle = std::numbers::pi / 3 * i;
            const QPointF corner(middle.x() + w / 2 * std::cos(angle),
                                 middle.y() + h / 2 * std::sin(angle));
            if (i == 0)
                path.moveTo(corner);
            else
                path.lineTo(corner);
        }
        path.closeSubpath();
        break;
    }
    case GlyphShape::screen: // on a foot
        path.addRoundedRect(QRectF(box.left(), box.top(), w, h * 0.82), w * 0.12, w * 0.12);
        path.addRect(QRectF(box.left() + w * 0.25, box.bottom() - h * 0.09, w * 0.5, h * 0.09));
        break;
    case GlyphShape::square:
    case GlyphShape::outline:
        path.addRoundedRect(box, w * 0.22, w * 0.22);
        break;
    }
    return path;
}

class GlyphIcon : public QIconEngine {
  public:
    explicit GlyphIcon(ProviderGlyph glyph) : glyph_(std::move(glyph)) {}
    void paint(QPainter* painter, const QRect& rect, QIcon::Mode, QIcon::State) override {
        paintGlyph(*painter, rect, glyph_);
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode, QIcon::State) override {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paintGlyph(painter, QRect(QPoint(), size), glyph_);
        return pixmap;
    }
    QIconEngine* clone() const override { return new GlyphIcon(glyph_); }

  private:
    ProviderGlyph glyph_;
};

} // namespace

ProviderGlyph glyphOf(const chain::ProviderPreset& preset) {
    static constexpr GlyphShape shapes[] = {GlyphShape::square, GlyphShape::hexagon,
                                            GlyphShape::circle, GlyphShape::screen};
    return {QString::fromStdString(preset.glyph.letters), QColor::fromRgb(preset.glyph.rgb),
            shapes[static_cast<int>(preset.glyph.shape)]};
}

ProviderGlyph glyphOf(const chain::Provider& provider) {
    if (const auto* preset = chain::preset_of(provider))
        return glyphOf(*preset);
    const QString name = QString::fromStdString(provider.id);
    return {lettersOf(name), colorOfName(name),
            provider.simulated() ? GlyphShape::outline : GlyphShape::square};
}

GlyphColors glyphColors(const ProviderGlyph& glyph, bool dark) {
    const QColor pale = QColor::fromHslF(std::max(0.f, glyph.color.hslHueF()),
                                         std::min(0.6f, glyph.color.hslSaturationF()), 0.74f);
    if (glyph.shape == GlyphShape::outline) // hollow: the letters have the colour of the line
        return dark ? GlyphColors{pale, pale} : GlyphColors{glyph.color, glyph.color};
    return dark ? GlyphColors{pale, QColor(0x14, 0x17, 0x1c)}
                : GlyphColors{glyph.color, QColor(Qt::white)};
}

void paintGlyph(QPainter& painter, const QRect& area, const ProviderGlyph& glyph) {
    const int side = std::min(area.width(), area.height());
    QRectF box(0, 0, side - 1, side - 1);
    box.moveCenter(QRectF(area).center());
    const auto [shape, letters] = glyphColors(glyph, colors().dark);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QPainterPath outline = outlineOf(glyph.shape, box);
    if (glyph.shape == GlyphShape::outline)
        painter.strokePath(outline, QPen(shape, 1.4, Qt::DashLine));
    else
        painter.fillPath(outline, shape);
    QFont font = painter.font();
    font.setPixelSize(std::max(7, static_cast<int>(side * 0.44)));
    font.setWeight(QFont::DemiBold);
    painter.setFont(font);
    painter.setPen(letters);
    if (glyph.shape == GlyphShape::screen)
        box.setHeight(box.height() * 0.82);
    painter.drawText(box, Qt::AlignCenter, glyph.letters);
    painter.restore();
}

QIcon glyphIcon(const ProviderGlyph& glyph) {
    return QIcon(new GlyphIcon(glyph));
}

GlyphMark::GlyphMark(int size, QWidget* parent) : QWidget(parent) {
    setFixedSize(size, size);
    setAttribute(Qt::WA_TransparentForMouseEvents);
}

void GlyphMark::setGlyph(std::optional<ProviderGlyph> glyph) {
    if (glyph == glyph_)
        return;
    glyph_ = std::move(glyph);
    update();
}

void GlyphMark::paintEvent(QPaintEvent*) {
    if (!glyph_)
        return;
    QPainter painter(this);
    paintGlyph(painter, rect(), *glyph_);
}

} // namespace brownout::ui
