// The playground page on a real session, as tests use it: by its names on screen.
#pragma once

#include "ui/demo_session.h"
#include "ui/pages/playground/playground_page.h"
#include "ui/pages/playground/turn_view.h"
#include "ui/widgets/attempt_ribbon.h"

#include <QLabel>
#include <QListView>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTabBar>

namespace brownout::ui {

// BROWNOUT_SHOTS_THEME=dark: pictures of the dark theme.
inline void applyTestTheme() {
    applyTheme(*qApp, qEnvironmentVariable("BROWNOUT_SHOTS_THEME") == QLatin1String("dark")
                          ? ThemeMode::dark
                          : ThemeMode::light);
}

struct PlaygroundWorld {
    DemoSession demo;
    PlaygroundPage page;
    explicit PlaygroundWorld(chain::Json json = quickDemo())
        : demo(std::move(json)), page(demo.session) {
        page.resize(1280, 660);
        page.show();
    }
    QPlainTextEdit* prompt() { return child<QPlainTextEdit>(page, "prompt"); }
    int turns() {
        int n = 0;
        while (page.findChild<TurnView*>(QStringLiteral("turn_%1").arg(n)))
            ++n;
        return n;
    }
    TurnView& turn(int n = -1) { // -1: the last
        const int wanted = n < 0 ? turns() - 1 : n;
        return *child<TurnView>(page, qPrintable(QStringLiteral("turn_%1").arg(wanted)));
    }
    QString text(const char* name, int n = -1) {
        return child<QPlainTextEdit>(turn(n), name)->toPlainText();
    }
    QString label(const char* name, int n = -1) { return child<QLabel>(turn(n), name)->text(); }
    QString answer(int n = -1) { return turns() > 0 ? text("answer", n) : QString(); }
    AttemptRibbon* ribbon(int n = -1) { return child<AttemptRibbon>(turn(n), "attempt_ribbon"); }
    int count(AttemptSegment::Kind kind) {
        const auto& s = ribbon()->segments();
        return static_cast<int>(
            std::count_if(s.begin(), s.end(), [&](const auto& x) { return x.kind == kind; }));
    }
    QPushButton* send() { return child<QPushButton>(page, "send_prompt"); }
    QPushButton* stop() { return child<QPushButton>(page, "stop_prompt"); }
    void click(const char* name, int n) {
        QTest::mouseClick(child<QPushButton>(turn(n), name), Qt::LeftButton);
    }
    void click(const char* name) {
        QTest::mouseClick(child<QPushButton>(page, name), Qt::LeftButton);
    }
    QWidget& panel() { return *child<QWidget>(page, "chat_panel"); }
    void clickIn(QWidget& part, const char* name) {
        QTest::mouseClick(child<QPushButton>(part, name), Qt::LeftButton);
    }
    bool finishes() {
        return QTest::qWaitFor([this] { return !stop()->isEnabled(); }, 30000);
    }
    bool ask(const QString& words) {
        page.sendPrompt(words);
        return finishes();
    }
    void keep(const char* name) {
        if (!qEnvironmentVariableIsEmpty("BROWNOUT_SHOTS"))
            QTest::qWait(300); // layouts settle
        keepPicture(page, QLatin1String(name));
    }
    const live::PromptView& last() { return demo.session.snapshot()->prompts.back(); }
    void breakIt(const char* provider, faults::Fault fault = {}) {
        demo.session.breakProvider(QString::fromLatin1(provider), fault);
    }
};

} // namespace brownout::ui
