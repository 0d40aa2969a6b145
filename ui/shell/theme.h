// Colours and metrics of the window. Light and dark palettes, one accent, series colours that
// colour-blind people can tell apart (Okabe and Ito, 2008). State is never shown by colour alone.
#pragma once

#include <QColor>
#include <QIcon>
#include <QString>

class QApplication;

namespace brownout::ui {

enum class ThemeMode { light, dark, system };

struct Colors {
    QColor window, panel, panelBorder, raised; // backgrounds from back to front
    QColor text, textMuted, accent, accentSoft;
    QColor good, goodSoft, warn, warnSoft, bad, badSoft; // text colour and its pale background
    QColor grid, crosshair, faultShade;
    bool dark = false;
};

inline constexpr int gridUnit = 8; // px; spacings are multiples

// Sets style (Fusion), palette, font features and the application's style sheet. `system` follows
// the desktop's colour scheme.
void applyTheme(QApplication& app, ThemeMode mode);
const Colors& colors();        // of the theme in force
QColor seriesColor(int index); // by Session::colorIndex
// An icon from resources/icons (":/icons/NAME.svg"), drawn in the theme's text colour.
QIcon icon(const QString& name, const QColor& color = {});

} // namespace brownout::ui
