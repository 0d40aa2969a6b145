#include "ui/shell/theme_palettes.h"

#include <QHash>
#include <QPalette>

namespace brownout::ui {

const Colors& lightColors() {
    static const Colors c = [] {
        Colors l;
        l.window = QColor("#f3f5f8");
        l.panel = QColor("#ffffff");
        l.panelBorder = QColor("#dce1e7");
        l.raised = QColor("#ecf0f5");
        l.text = QColor("#1a212b");
        l.textMuted = QColor("#5b6675");
        l.accent = QColor("#2563cf");
        l.accentSoft = QColor("#e6eefc");
        l.good = QColor("#0b7a53");
        l.goodSoft = QColor("#ddf2e9");
        l.warn = QColor("#8f5a00");
        l.warnSoft = QColor("#fbeed4");
        l.bad = QColor("#bf2732");
        l.badSoft = QColor("#fbe4e5");
        l.grid = QColor("#e6eaef");
        l.crosshair = QColor("#4a5a73");
        l.faultShade = QColor(200, 50, 60, 18);
        l.dark = false;
        return l;
    }();
    return c;
}

const Colors& darkColors() {
    static const Colors c = [] {
        Colors d;
        d.window = QColor("#13171c");
        d.panel = QColor("#1b2128");
        d.panelBorder = QColor("#2c343e");
        d.raised = QColor("#252d37");
        d.text = QColor("#e8ecf1");
        d.textMuted = QColor("#96a1ae");
        d.accent = QColor("#74a5fa");
        d.accentSoft = QColor("#1d2c47");
        d.good = QColor("#46c795");
        d.goodSoft = QColor("#163529");
        d.warn = QColor("#edb04a");
        d.warnSoft = QColor("#3a2e16");
        d.bad = QColor("#f5737a");
        d.badSoft = QColor("#40212a");
        d.grid = QColor("#272e37");
        d.crosshair = QColor("#aab6c4");
        d.faultShade = QColor(245, 100, 110, 20);
        d.dark = true;
        return d;
    }();
    return c;
}

QPalette paletteOf(const Colors& c) {
    QPalette p;
    p.setColor(QPalette::Window, c.window);
    p.setColor(QPalette::WindowText, c.text);
    p.setColor(QPalette::Base, c.panel);
    p.setColor(QPalette::AlternateBase, c.window);
    p.setColor(QPalette::Text, c.text);
    p.setColor(QPalette::PlaceholderText, c.textMuted);
    p.setColor(QPalette::Button, c.panel);
    p.setColor(QPalette::ButtonText, c.text);
    p.setColor(QPalette::BrightText, c.bad);
    p.setColor(QPalette::Highlight, c.accent);
    p.setColor(QPalette::HighlightedText, c.dark ? c.window : QColor(Qt::white));
    p.setColor(QPalette::Link, c.accent);
    p.setColor(QPalette::LinkVisited, c.accent);
    p.setColor(QPalette::ToolTipBase, c.panel);
    p.setColor(QPalette::ToolTipText, c.text);
    p.setColor(QPalette::Light, c.dark ? c.raised : QColor(Qt::white));
    p.setColor(QPalette::Midlight, c.raised);
    p.setColor(QPalette::Mid, c.panelBorder);
    p.setColor(QPalette::Dark, c.panelBorder.darker(c.dark ? 130 : 120));
    p.setColor(QPalette::Shadow, c.dark ? QColor(Qt::black) : QColor("#9aa5b1"));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        p.setColor(QPalette::Disabled, role, c.textMuted);
    p.setColor(QPalette::Disabled, QPalette::Highlight, c.raised);
    p.setColor(QPalette::Disabled, QPalette::HighlightedText, c.textMuted);
    return p;
}

namespace {

// @name is replaced by the colour or size of that name.
const char* const sheet = R"(
QToolTip { background: @panel; color: @text; border: 1px solid @border; padding: 4px 8px; }
QFrame[panel="true"] { background: @panel; border: 1px solid @border; border-radius: 6px; }
QFrame[panel="true"][selected="true"] { border: 1px solid @accent; }
QLabel { background: transparent; }
QLabel[muted="true"] { color: @muted; }
QLabel[title="true"] { font-weight: 600; }
QLabel[heading="true"] { font-weight: 600; font-size: @headingpt; }
QLabel[figure="true"] { font-weight: 600; font-size: @figurept; }
QLabel[figure="true"][tone="bad"], QLabel[tone="bad"] { color: @bad; }
QLabel[tone="good"] { color: @good; }
QLabel[tone="warn"] { color: @warn; }
QLabel[mono="true"], QPlainTextEdit[mono="true"], QLineEdit[mono="true"] { font-family: monospace; }

QFrame[messageBar="true"] { background: @panel; border: 1px solid @border; border-left: 3px solid @muted; border-radius: 6px; }
QFrame[messageBar="true"][tone="accent"] { border-left-color: @accent; }
QFrame[messageBar="true"][tone="good"] { border-left-color: @good; }
QFrame[messageBar="true"][tone="warn"] { border-left-color: @warn; }
QFrame[messageBar="true"][tone="bad"] { border-left-color: @bad; }

QPushButton, QToolButton { background: @panel; color: @text; border: 1px solid @border; border-radius: 5px; padding: 4px 10px; min-height: 18px; }
QPushButton:hover, QToolButton:hover { background: @raised; }
QPushButton:pressed, QToolButton:pressed { background: @border; }
QPushButton:focus, QToolButton:focus { border-color: @accent; }
QPushButton:checked, QToolButton:checked { background: @accentSoft; border-color: @accent; color: @accent; }
QPushButton:disabled, QToolButton:disabled { color: @muted; background: @window; }
QPushButton[danger="true"], QToolButton[danger="true"] { border-color: @bad; color: @bad; }
QPushButton[danger="true"]:hover, QToolButton[danger="true"]:hover { background: @badSoft; }
QPushButton[danger="true"]:focus, QToolButton[danger="true"]:focus { border: 2px solid @bad; padding: 3px 9px; }
QPushButton[danger="true"]:disabled { border-color: @border; color: @muted; }
QPushButton[strip="true"] { background: @badSoft; border-color: @bad; color: @bad; font-weight: 600; }
QPushButton[primary="true"] { background: @accent; border-color: @accent; color: @onAccent; font-weight: 600; }
QPushButton[primary="true"]:hover { background: @accentHover; }
QPushButton[primary="true"]:focus { border: 2px solid @text; padding: 3px 9px; }
QPushButton[primary="true"]:disabled { background: @raised; border-color: @border; color: @muted; }
QPushButton[flat="true"], QToolButton[flat="true"] { background: transparent; border-color: transparent; }
QPushButton[flat="true"]:hover, QToolButton[flat="true"]:hover { background: @raised; }
QPushButton[flat="true"]:focus, QToolButton[flat="true"]:focus { border-color: @accent; }
QPushButton::menu-indicator { image: url(:/icons/chevron_down.svg); width: 12px; height: 12px; subcontrol-origin: padding; subcontrol-position: right center; right: 4px; }
QPushButton[hasMenu="true"] { padding-right: 20px; }
QToolButton::menu-indicator { image: url(:/icons/chevron_down.svg); width: 12px; height: 12px; subcontrol-origin: padding; subcontrol-position: right center; right: 4px; }
QToolButton[popupMode="1"] { padding: 3px 20px 2px 10px; }
QToolButton::menu-button { border: none; width: 16px; }
QToolButton::menu-arrow { image: url(:/icons/chevron_down.svg); width: 12px; height: 12px; }

QLineEdit, QComboBox, QAbstractSpinBox, QTextEdit, QPlainTextEdit { background: @field; color: @text; border: 1px solid @border; border-radius: 5px; selection-background-color: @accent; selection-color: @onAccent; }
QLineEdit, QAbstractSpinBox { padding: 4px 8px; min-height: 18px; }
QLineEdit QToolButton { background: transparent; border: none; padding: 0; min-height: 0; }
QComboBox { padding: 4px 8px; min-height: 18px; }
QTextEdit, QPlainTextEdit { padding: 4px; }
QPlainTextEdit[block="true"] { background: transparent; border: none; border-radius: 0; padding: 0; }
QPlainTextEdit[block="true"][muted="true"] { color: @muted; }
QFrame[bubble="true"] { background: @raised; border: none; border-radius: 6px; }
QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus, QTextEdit:focus, QPlainTextEdit:focus { border-color: @accent; }
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled { color: @muted; background: @window; }
QLineEdit[invalid="true"], QComboBox[invalid="true"], QAbstractSpinBox[invalid="true"], QPlainTextEdit[invalid="true"] { border-color: @bad; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit { border: none; padding: 0; background: transparent; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url(:/icons/chevron_down.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: @panel; border: 1px solid @border; selection-background-color: @raised; selection-color: @text; outline: none; padding: 2px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; width: 16px; background: transparent; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: @raised; }
QAbstractSpinBox::up-arrow { image: url(:/icons/chevron_up.svg); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url(:/icons/chevron_down.svg); width: 10px; height: 10px; }

QAbstractItemView { background: @panel; alternate-background-color: @window; color: @text; border: 1px solid @border; border-radius: 5px; selection-background-color: @accentSoft; selection-color: @text; outline: none; }
QAbstractItemView[bare="true"] { border: none; border-radius: 0; }
QTableView, QTreeView { gridline-color: @grid; }
QTableView::item { padding: 0 8px; border-bottom: 1px solid @grid; }
QTableView::item:selected, QTreeView::item:selected, QListView::item:selected { background: @accentSoft; color: @text; }
QListView::item { padding: 4px 8px; }
QListView::item:hover, QTreeView::item:hover { background: @raised; }
QHeaderView { background: @panel; border: none; }
QHeaderView::section { background: @panel; color: @muted; border: none; border-bottom: 1px solid @border; padding: 4px 8px; font-weight: 400; }
QTableCornerButton::section { background: @panel; border: none; }

QMenu { background: @panel; color: @text; border: 1px solid @border; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; }
QMenu[ticks="true"]::item { padding-left: 28px; }
QMenu::indicator { width: 14px; height: 14px; margin-left: 8px; }
QMenu::indicator:checked { background: @accent; border-radius: 3px; image: url(:/icons/@check.svg); }
QMenu::item:selected { background: @raised; }
QMenu::item:disabled { color: @muted; }
QMenu::separator { height: 1px; background: @border; margin: 4px 8px; }
QMenu::icon { padding-left: 8px; }

QCheckBox { spacing: 8px; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid @muted; border-radius: 3px; background: @field; }
QCheckBox::indicator:hover { border-color: @text; }
QCheckBox:focus { color: @accent; }
QCheckBox::indicator:focus { border-color: @accent; }
QCheckBox::indicator:checked { border-color: @accent; background: @accent; image: url(:/icons/@check.svg); }
QCheckBox::indicator:disabled { border-color: @border; background: @window; }

QScrollArea, QScrollArea > QWidget > QWidget[scrolled="true"] { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: @border; border-radius: 4px; margin: 1px; }
QScrollBar::handle:hover { background: @muted; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QSplitter::handle { background: transparent; }
QSplitter::handle:hover { background: @border; }
QTabWidget::pane { border: 1px solid @border; border-radius: 5px; top: -1px; }
QTabBar::tab { background: transparent; color: @muted; border: none; border-bottom: 2px solid transparent; padding: 6px 12px; }
QTabBar::tab:selected { color: @text; border-bottom-color: @accent; }
QTabBar::tab:focus { color: @accent; }
QProgressBar { background: @raised; border: none; border-radius: 3px; min-height: 6px; max-height: 6px; text-align: center; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }
QGroupBox { border: 1px solid @border; border-radius: 6px; margin-top: 10px; padding-top: 8px; }
QGroupBox::title { subcontrol-origin: margin; left: 10px; padding: 0 4px; color: @muted; }

#notice { margin-top: 12px; }
QToolButton[bareMenu="true"] { padding: 4px 8px; }
QToolButton[bareMenu="true"]::menu-indicator { image: none; }

#rail { background: @panel; border: none; border-right: 1px solid @border; }
#rail QToolButton { border: none; border-left: 3px solid transparent; border-radius: 0; background: transparent; color: @muted; padding: 8px 2px; font-size: @smallpt; }
#rail QToolButton:hover { background: @raised; color: @text; }
#rail QToolButton:checked { background: @raised; border-left-color: @accent; color: @accent; }
#rail QToolButton:focus { border: 1px solid @accent; border-left: 3px solid @accent; padding: 7px 1px 7px 2px; }
#top_bar { background: @panel; border: none; border-bottom: 1px solid @border; }
#bottom_bar { background: @panel; border: none; border-top: 1px solid @border; }
#bottom_bar QLabel { color: @muted; }
#brand { font-weight: 700; font-size: @headingpt; }
#palette_frame, #preset_picker { background: @panel; border: 1px solid @border; border-radius: 8px; }
#palette_frame QListView { border: none; }
)";

QColor mix(const QColor& a, const QColor& b, double t) {
    return QColor::fromRgbF(static_cast<float>(a.redF() * (1 - t) + b.redF() * t),
                            static_cast<float>(a.greenF() * (1 - t) + b.greenF() * t),
                            static_cast<float>(a.blueF() * (1 - t) + b.blueF() * t));
}

} // namespace

QString styleSheetOf(const Colors& c, double pointSize) {
    const auto pt = [&](double factor) {
        return QString::number(pointSize * factor, 'f', 1) + "pt";
    };
    // Longest names first, so that @accent does not eat the beginning of @accentSoft.
    const std::pair<const char*, QString> values[] = {
        {"@accentHover", mix(c.accent, c.text, 0.15).name()},
        {"@accentSoft", c.accentSoft.name()},
        {"@headingpt", pt(1.15)},
        {"@figurept", pt(1.55)},
        {"@onAccent", c.dark ? QStringLiteral("#0d1420") : QStringLiteral("#ffffff")},
        {"@smallpt", pt(0.9)},
        {"@badSoft", c.badSoft.name()},
        {"@border", c.panelBorder.name()},
        {"@accent", c.accent.name()},
        {"@window", c.window.name()},
        {"@raised", c.raised.name()},
        {"@field", c.dark ? mix(c.panel, c.window, 0.45).name() : c.panel.name()},
        {"@panel", c.panel.name()},
        {"@check", c.dark ? QStringLiteral("check") : QStringLiteral("check_light")},
        {"@muted", c.textMuted.name()},
        {"@text", c.text.name()},
        {"@good", c.good.name()},
        {"@warn", c.warn.name()},
        {"@grid", c.grid.name()},
        {"@bad", c.bad.name()},
    };
    QString out = QString::fromLatin1(sheet);
    for (const auto& [name, value] : values)
        out.replace(QLatin1String(name), value);
    return out;
}

} // namespace brownout::ui
