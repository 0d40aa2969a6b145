#include "ui/shell/theme.h"

#include "ui/shell/system_theme.h"
#include "ui/shell/theme_palettes.h"

#include <QApplication>
#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QPalette>
#include <QPixmapCache>
#include <QStyle>
#include <QStyleFactory>
#include <QSvgRenderer>

// Resources of a static library are dropped by the linker unless someone asks for them; the macro
// must stand outside any namespace.
static void initResources() {
    Q_INIT_RESOURCE(brownout);
}

namespace brownout::ui {

namespace {

const Colors* current = nullptr;
ThemeMode chosen = ThemeMode::light;

// Draws the icon in the colour of the theme in force at paint time, so a theme switch needs no
// work.
class ThemedIcon : public QIconEngine {
  public:
    ThemedIcon(QString name, QColor color) : name_(std::move(name)), color_(color) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode,
               QIcon::State state) override {
        const qreal scale = painter->device() ? painter->device()->devicePixelRatio() : 1;
        painter->drawPixmap(rect, rendered(rect.size() * scale, mode, state));
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        return rendered(size, mode, state);
    }
    QIconEngine* clone() const override { return new ThemedIcon(name_, color_); }

  private:
    QColor tint(QIcon::Mode mode, QIcon::State state) const {
        if (mode == QIcon::Disabled)
            return colors().textMuted;
        if (color_.isValid())
            return color_;
        return state == QIcon::On ? colors().accent : colors().text;
    }
    QPixmap rendered(const QSize& size, QIcon::Mode mode, QIcon::State state) const {
        const QColor color = tint(mode, state);
        const QString key = QStringLiteral("brownout/%1/%2/%3x%4")
                                .arg(name_, color.name())
                                .arg(size.width())
                                .arg(size.height());
        QPixmap pixmap;
        if (QPixmapCache::find(key, &pixmap))
            return pixmap;
        QFile file(QStringLiteral(":/icons/%1.svg").arg(name_));
        if (!file.open(QIODevice::ReadOnly)) {
            qWarning("no icon named %s", qPrintable(name_));
            return {};
        }
        QByteArray svg = file.readAll();
        svg.replace("#000", color.name().toLatin1());
        pixmap = QPixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        QSvgRenderer(svg).render(&painter);
        QPixmapCache::insert(key, pixmap);
        return pixmap;
    }

    QString name_;
    QColor color_;
};

} // namespace

void applyTheme(QApplication& app, ThemeMode mode) {
    initResources();
    chosen = mode;
    if (mode == ThemeMode::system) {
        static const auto following =
            QObject::connect(&SystemTheme::instance(), &SystemTheme::changed, &app, [&app] {
                if (chosen == ThemeMode::system)
                    applyTheme(app, chosen);
            });
        Q_UNUSED(following)
    }
    const bool dark =
        mode == ThemeMode::dark || (mode == ThemeMode::system && SystemTheme::instance().isDark());
    current = dark ? &darkColors() : &lightColors();
    if (app.style()->name().compare(QLatin1String("fusion"), Qt::CaseInsensitive) != 0)
        app.setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    app.setPalette(paletteOf(*current));
    double pointSize = app.font().pointSizeF();
    if (pointSize <= 0)
        pointSize = app.font().pixelSize() * 0.75;
    app.setStyleSheet(styleSheetOf(*current, pointSize));
}

const Colors& colors() {
    return current ? *current : lightColors();
}

QColor seriesColor(int index) {
    // Okabe and Ito's set; on dark ground the dark members are lightened, on light ground yellow
    // gives way to a brown that can be seen.
    static const QColor light[] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                   "#d55e00", "#56b4e9", "#8a6d00", "#3b3f46"};
    static const QColor dark[] = {"#56b4e9", "#f0ad2e", "#2cc295", "#d98fb8",
                                  "#f0813a", "#5b8ff0", "#f0e442", "#c9ced6"};
    const int i = index < 0 ? 0 : index % 8;
    return colors().dark ? dark[i] : light[i];
}

QIcon icon(const QString& name, const QColor& color) {
    initResources();
    return QIcon(new ThemedIcon(name, color));
}

} // namespace brownout::ui
