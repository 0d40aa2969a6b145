// The rules of the house that can be read off the sources: arrows between folders go down, the
// engine knows no clock, socket or thread, core knows no Qt, charts are the only place with
// QCustomPlot, files stay readable, and nothing is left for later in secret.
#include <QDirIterator>
#include <QRegularExpression>
#include <QtTest>

namespace {

struct Source {
    QString path; // relative to the project
    QStringList lines;
};

QList<Source> sources(const QString& folder) {
    QList<Source> found;
    const QDir root(QStringLiteral(BROWNOUT_SOURCE_DIR));
    QDirIterator it(root.filePath(folder), {"*.h", "*.cpp"}, QDir::Files,
                    QDirIterator::Subdirectories);
    while (it.hasNext()) {
        QFile file(it.next());
        if (!file.open(QIODevice::ReadOnly))
            continue;
        found.append({root.relativeFilePath(file.fileName()),
                      QString::fromUtf8(file.readAll()).split(QLatin1Char('\n'))});
    }
    return found;
}

// "place: line" for every line of a folder that matches.
QStringList hits(const QString& folder, const QString& pattern, const QString& except = {}) {
    const QRegularExpression bad(pattern);
    QStringList places;
    for (const Source& source : sources(folder)) {
        if (!except.isEmpty() && source.path.contains(QRegularExpression(except)))
            continue;
        for (int i = 0; i < source.lines.size(); ++i) {
            QString code = source.lines[i];
            code.remove(QRegularExpression(QStringLiteral("//.*$")));
            if (bad.match(code).hasMatch()) {
                places << QStringLiteral("%1:%2: %3")
                              .arg(source.path)
                              .arg(i + 1)
                              .arg(source.lines[i].trimmed());
            }
        }
    }
    return places;
}

} // namespace

class TestHouseRules : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void bannedLines_data() {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<QString>("pattern");
        QTest::addColumn<QString>("except");

        QTest::newRow("no Qt in core") << "core"
                                       << R"(#include\s*[<\x22](Q[A-Z]|Qt|ui/|app/))"
                                       << "";
        QTest::newRow("no app in ui") << "ui"
                                      << R"(#include\s*\x22app/)"
                                      << "";
        QTest::newRow("the engine knows base and itself only")
            << "core/engine"
            << R"(#include\s*\x22(?!base/|engine/))"
            << "";
        QTest::newRow("base knows base only") << "core/base"
                                              << R"(#include\s*\x22(?!base/))"
                                              << "";
        QTest::newRow("no clock, thread, socket or file in the engine")
            << "core/engine"
            << R"(::now\(|#include\s*<(thread|mutex|atomic|future|fstream|iostream|sys/|random))"
            << "";
        QTest::newRow("no clock outside live, net, ui and app")
            << "core"
            << R"((steady_clock|system_clock|high_resolution_clock)::now)"
            << "core/(live|net)/";
        QTest::newRow("no standard randomness: it differs between platforms")
            << "core"
            << R"(std::(mt19937|\w+_distribution|random_device))"
            << "";
        QTest::newRow("no sleeping") << "core"
                                     << R"(sleep_for|sleep_until|usleep\()"
                                     << "";
        QTest::newRow("QCustomPlot in charts only") << "ui"
                                                    << R"(#include\s*[<\x22]qcustomplot)"
                                                    << "ui/charts/";
        QTest::newRow("nothing left for later in core") << "core"
                                                        << R"(TODO|FIXME|\bXXX\b)"
                                                        << "";
        QTest::newRow("nothing left for later in ui") << "ui"
                                                      << R"(TODO|FIXME|\bXXX\b)"
                                                      << "";
        QTest::newRow("TLS is never switched off") << "core"
                                                   << R"(SSL_VERIFY(PEER|HOST)\s*,\s*0)"
                                                   << "";
    }
    void bannedLines() {
        QFETCH(QString, folder);
        QFETCH(QString, pattern);
        QFETCH(QString, except);
        const QStringList places = hits(folder, pattern, except);
        QVERIFY2(places.isEmpty(), qPrintable(places.join('\n')));
    }

    // Arrows inside core: a folder includes only folders to its left.
    void coreArrows() {
        const QStringList order{"base",   "engine", "stats", "chain", "faults", "wire",
                                "record", "sim",    "tune",  "net",   "live"};
        const QRegularExpression include(QStringLiteral("^#include \"(\\w+)/"));
        for (const Source& source : sources(QStringLiteral("core"))) {
            const QString folder = source.path.section('/', 1, 1);
            QVERIFY2(order.contains(folder), qPrintable("unknown folder: " + source.path));
            for (const QString& line : source.lines) {
                const auto match = include.match(line);
                if (!match.hasMatch())
                    continue;
                const auto to = order.indexOf(match.captured(1));
                QVERIFY2(to >= 0 && to <= order.indexOf(folder),
                         qPrintable(source.path + ": " + line));
            }
        }
    }

    void filesStayReadable() {
        constexpr int limit = 450; // about 400; with a screenful of grace
        QStringList tooLong;
        for (const char* folder : {"core", "ui", "app", "tests"}) {
            for (const Source& source : sources(QString::fromLatin1(folder))) {
                if (source.lines.size() > limit) {
                    tooLong
                        << QStringLiteral("%1: %2 lines").arg(source.path).arg(source.lines.size());
                }
            }
        }
        QVERIFY2(tooLong.isEmpty(), qPrintable(tooLong.join('\n')));
    }

    // A header opens with what it is for.
    void headersExplainThemselves() {
        QStringList silent;
        for (const char* folder : {"core", "ui", "app"}) {
            for (const Source& source : sources(QString::fromLatin1(folder))) {
                if (source.path.endsWith(QLatin1String(".h")) &&
                    !source.lines.value(0).startsWith(QLatin1String("//"))) {
                    silent << source.path;
                }
            }
        }
        QVERIFY2(silent.isEmpty(), qPrintable(silent.join('\n')));
    }

    // The rules themselves are tested: a pattern that matches nothing anywhere proves nothing.
    void theSearchFindsWhatItLooksFor() {
        QVERIFY(!hits(QStringLiteral("core"), QStringLiteral("#include <")).isEmpty());
        QVERIFY(!hits(QStringLiteral("core/engine"), QStringLiteral("struct Policy")).isEmpty());
        QVERIFY(hits(QStringLiteral("core/engine"), QStringLiteral("struct Policy"),
                     QStringLiteral("policy\\.h"))
                    .isEmpty());
    }
};

QTEST_APPLESS_MAIN(TestHouseRules)
#include "test_house_rules.moc"
