// Pictures of every page, taken from the running demo with an outage in the middle: for the README
// and for looking at the app where there is no display.
#pragma once

#include "ui/shell/main_window.h"

#include <QSize>

namespace brownout::app {

struct ScreenshotOptions {
    QString directory; // made when it is missing
    QSize size{1600, 1000};
    double after_s = 24; // how long the demo runs; Aster breaks midway
};

// Blocks while the demo runs. The empty string, or what went wrong (place, what, remedy).
QString take_screenshots(ui::Session& session, ui::MainWindow& window,
                         const ScreenshotOptions& options);

} // namespace brownout::app
