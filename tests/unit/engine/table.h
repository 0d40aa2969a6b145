// What the tests of the engine's tables share: a row is a world in settings (config.h) and a table
// of events and actions (script.h), played from its first line to its last.
#pragma once

#include "unit/engine/script.h"

#include <QTest>

namespace brownout::engine::script {

class TableTest : public QObject {
  protected:
    static void columns() {
        QTest::addColumn<QString>("settings");
        QTest::addColumn<QString>("table");
    }
    static void row(const char* what, const char* settings, const char* table) {
        QTest::newRow(what) << QString::fromLatin1(settings) << QString::fromLatin1(table);
    }
    static void check() {
        QFETCH(QString, settings);
        QFETCH(QString, table);
        const std::string wrong = play(settings.toStdString(), table.toStdString());
        QVERIFY2(wrong.empty(), wrong.c_str());
    }
};

// Nothing breaks a limit of time, unless the row says so.
class UntimedTableTest : public TableTest {
  protected:
    static void row(const char* what, const std::string& settings, const char* table) {
        TableTest::row(
            what, ("connect=5000 first=5000 attempt=5000 total=9000 share=no " + settings).c_str(),
            table);
    }
};

} // namespace brownout::engine::script
