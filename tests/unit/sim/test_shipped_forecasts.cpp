// Every scenario that ships, simulated against the demo chain: what it expects holds over several
// runs, as it does by the clock (tests/library), and its report is a good one.
#include "sim_world.h"

#include <QDir>
#include <QFile>

using namespace brownout;
using namespace brownout::test;

namespace {

const QString resources = QStringLiteral(BROWNOUT_SOURCE_DIR "/resources/");

std::string text_of(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("%s cannot be read", qPrintable(path));
    return file.readAll().toStdString();
}

} // namespace

class TestShippedForecasts : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void what_is_expected_holds_data() {
        QTest::addColumn<QString>("path");
        for (const char* folder : {"scenarios", "scenarios/incidents"}) {
            const QDir dir(resources + folder);
            for (const QString& name : dir.entryList({"*.scenario.json"}))
                QTest::newRow(qPrintable(name)) << dir.filePath(name);
        }
    }
    void what_is_expected_holds() {
        QFETCH(QString, path);
        const auto document =
            chain::read_document_text(text_of(resources + "demo.chain.json"), "demo.chain.json");
        const auto scenario = faults::read_scenario_file(path.toStdString());
        QVERIFY(document.ok() && scenario.ok());
        sim::SimulateOptions options;
        options.runs = 2;
        const Json r = simulated(*document.value, *scenario.value, options);
        QVERIFY2(record::all_pass(r), r["expectations"].dump(1).c_str());
        QCOMPARE(r["partial"].get<bool>(), false);
        QVERIFY(!r["expectations"].empty());
    }
};

QTEST_APPLESS_MAIN(TestShippedForecasts)
#include "test_shipped_forecasts.moc"
