// The mark of a provider: two letters on a shape of its own colour. No trademark of anybody's; a
// known provider's comes from its preset, any other's from its name. Readable on light and dark
// ground. Thread: the window's.
#pragma once

#include "chain/presets.h"

#include <QColor>
#include <QIcon>
#include <QWidget>

#include <optional>

namespace brownout::ui {

struct ProviderGlyph {
    enum class Shape { square, hexagon, circle, screen, outline }; // outline: simulated
    QString letters;
    QColor color; // of the light theme's shape; the dark one has a pale shape of the same hue
    Shape shape = Shape::square;
    friend bool operator==(const ProviderGlyph&, const ProviderGlyph&) = default;
};

ProviderGlyph glyphOf(const chain::ProviderPreset& preset);
ProviderGlyph glyphOf(const chain::Provider& provider);

struct GlyphColors {
    QColor shape, letters;
};
GlyphColors glyphColors(const ProviderGlyph& glyph, bool dark);

// Drawn in the colours of the theme in force at paint time.
void paintGlyph(QPainter& painter, const QRect& area, const ProviderGlyph& glyph);
QIcon glyphIcon(const ProviderGlyph& glyph);

// A glyph in a layout; nothing shows without one.
class GlyphMark : public QWidget {
    Q_OBJECT
  public:
    explicit GlyphMark(int size, QWidget* parent = nullptr);
    void setGlyph(std::optional<ProviderGlyph> glyph);

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    std::optional<ProviderGlyph> glyph_;
};

} // namespace brownout::ui
