// What the message bar keeps: the newest few, each once, confirmations in each other's place.
#include "ui/shell/notice_list.h"

#include <QTest>

using namespace brownout::ui;

class TestNoticeList : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // In: letters with a tone each ("a!" bad, "a?" warn, "a" a confirmation). Out: what is shown.
    void rows_data() {
        QTest::addColumn<QString>("said");
        QTest::addColumn<QString>("shown");
        QTest::addColumn<Tone>("tone");
        QTest::newRow("nothing") << ""
                                 << "" << Tone::accent;
        QTest::newRow("one") << "a"
                             << "a" << Tone::accent;
        QTest::newRow("a confirmation takes the place of the last") << "a b"
                                                                    << "b" << Tone::accent;
        QTest::newRow("what asks for attention stays") << "a? b c"
                                                       << "a<br>c" << Tone::warn;
        QTest::newRow("the gravest tone counts") << "a? b! c"
                                                 << "a<br>b<br>c" << Tone::bad;
        QTest::newRow("said again is the newest") << "a? b? a?"
                                                  << "b<br>a" << Tone::warn;
        QTest::newRow("said again as something graver") << "a? b? a!"
                                                        << "b<br>a" << Tone::bad;
        QTest::newRow("four at most, the oldest goes") << "a? b? c? d? e?"
                                                       << "b<br>c<br>d<br>e" << Tone::warn;
        QTest::newRow("a grave one that is pushed out counts no more")
            << "a! b? c? d? e?"
            << "b<br>c<br>d<br>e" << Tone::warn;
        QTest::newRow("no room is lost to what is replaced") << "a? b? c? d e"
                                                             << "a<br>b<br>c<br>e" << Tone::warn;
        QTest::newRow("escaped") << "<b>&!"
                                 << "&lt;b&gt;&amp;" << Tone::bad;
    }
    void rows() {
        QFETCH(QString, said);
        QFETCH(QString, shown);
        QFETCH(Tone, tone);
        NoticeList list;
        QVERIFY(list.empty());
        for (const QString& word : said.split(' ', Qt::SkipEmptyParts)) {
            const bool bad = word.endsWith('!'), warn = word.endsWith('?');
            list.add(bad || warn ? word.chopped(1) : word, bad    ? Tone::bad
                                                           : warn ? Tone::warn
                                                                  : Tone::accent);
        }
        QCOMPARE(list.html(), shown);
        QVERIFY(list.tone() == tone);
        QCOMPARE(list.empty(), shown.isEmpty());
        list.clear();
        QVERIFY(list.empty() && list.html().isEmpty());
    }
};

QTEST_APPLESS_MAIN(TestNoticeList)
#include "test_notice_list.moc"
