// The two sets of colours, and the application's style sheet made from one of them.
#pragma once

#include "ui/shell/theme.h"

class QPalette;

namespace brownout::ui {

const Colors& lightColors();
const Colors& darkColors();
QPalette paletteOf(const Colors& c);
// `pointSize` of the application's font: headings and figures are multiples of it.
QString styleSheetOf(const Colors& c, double pointSize);

} // namespace brownout::ui
