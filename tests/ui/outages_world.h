// The Outages page on a real session, as tests press and drag on it.
#pragma once

#include "ui/demo_session.h"
#include "ui/models/expectation_model.h"
#include "ui/models/fault_models.h"
#include "ui/models/scenario_edits.h"
#include "ui/pages/outages/outages_page.h"
#include "ui/pages/outages/scenario_page.h"
#include "ui/widgets/json_field.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/timeline_view.h"

#include <QAbstractButton>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QTableView>
#include <QTreeView>

namespace brownout::ui {

struct OutagesWorld {
    DemoSession demo;
    OutagesPage page{demo.session};
    QTemporaryDir dir;
    explicit OutagesWorld(chain::Json chain = quickDemo()) : demo(std::move(chain)) {
        page.resize(1282, 660); // in a window of 1366 x 768
        page.show();
        page.activateWindow(); // for the focus
        if (!QTest::qWaitForWindowActive(&page))
            qFatal("the window does not become active");
    }
    ScenarioEditor& editor() { return demo.session.scenario(); }
    const chain::Json& json() { return demo.session.scenario().json(); }
    TimelineView& timeline() { return page.scenarios().timeline(); }
    ScenarioRun& run() { return page.scenarios().run(); }

    QAbstractButton* button(const char* name) { return child<QAbstractButton>(page, name); }
    void press(const char* name) { QTest::mouseClick(button(name), Qt::LeftButton); }
    QString label(const char* name) { return child<QLabel>(page, name)->text(); }
    QString bar(const char* name) { return child<MessageBar>(page, name)->text(); }
    QAbstractItemModel* expectations() { return child<QTableView>(page, "expectations")->model(); }
    QString expectation(int row, int column) {
        return expectations()->index(row, column).data().toString();
    }
    // As typed and left with Enter.
    void type(const char* field, const QString& text) {
        auto* line = child<QLineEdit>(page, field);
        line->setFocus();
        line->selectAll();
        QTest::keyClicks(line, text);
        if (text.isEmpty())
            QTest::keyClick(line, Qt::Key_Delete);
        QTest::keyClick(line, Qt::Key_Return);
    }
    // From the palette, with the keyboard.
    void add(const QString& words) {
        auto* search = child<QLineEdit>(page, "fault_search");
        search->setFocus();
        search->selectAll();
        QTest::keyClicks(search, words);
        QTest::keyClick(search, Qt::Key_Return);
        search->clear();
    }
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        timeline().setFocus();
        QTest::keyClick(&timeline(), key, modifiers);
    }
    void drag(const QPoint& from, const QPoint& to, Qt::KeyboardModifiers modifiers = {}) {
        QWidget* on = timeline().viewport();
        QTest::mousePress(on, Qt::LeftButton, modifiers, from);
        for (const QPoint& p : {from + (to - from) / 2, to}) {
            QMouseEvent move(QEvent::MouseMove, p, on->mapToGlobal(p), Qt::NoButton, Qt::LeftButton,
                             modifiers);
            QCoreApplication::sendEvent(on, &move);
        }
        QTest::mouseRelease(on, Qt::LeftButton, modifiers, to);
    }
    void click(const QPoint& at, Qt::KeyboardModifiers modifiers = {}) {
        QTest::mouseClick(timeline().viewport(), Qt::LeftButton, modifiers, at);
    }
    // One fault a lane, ten seconds each, one after the other.
    void three() {
        page.scenarios().create();
        editor().edit(QStringLiteral("longer"), [this] {
            chain::Json longer = json();
            longer["duration_s"] = 90;
            return longer;
        }());
        using faults::Kind;
        editor().addFaults({scenario_edits::usualFault(Kind::hang, "aster", 10, 10),
                            scenario_edits::usualFault(Kind::reset, "birch", 20, 10),
                            scenario_edits::usualFault(Kind::latency, "cedar", 30, 10)});
        editor().select({});
    }
    const chain::Json& fault(int i) { return *scenario_edits::fault(json(), i); }
    double at(int i) { return scenario_edits::atOf(fault(i)); }
    double lasts(int i) { return scenario_edits::forOf(fault(i)).value_or(-1); }
    std::string target(int i) { return scenario_edits::targetOf(fault(i)); }
    int faults() { return scenario_edits::faultCount(json()); }

    QString write(const char* name, const QByteArray& text) {
        QFile file(dir.filePath(QString::fromLatin1(name)));
        if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
            qFatal("cannot write a test file");
        return file.fileName();
    }
    QString write(const chain::Json& json) {
        return write("a.scenario.json", QByteArray::fromStdString(json.dump()));
    }
};

} // namespace brownout::ui
