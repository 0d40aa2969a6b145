// Server-sent events at every split point of their bytes.
#include "support/fixtures.h"
#include "wire/sse.h"

#include <QtTest>

using namespace brownout::wire;

namespace {

// "type|data" lines; `cuts` are the places where the bytes are split.
std::string parse(std::string_view bytes, std::initializer_list<std::size_t> cuts = {}) {
    SseParser parser;
    std::string out;
    const auto sink = [&](const SseEvent& e) {
        out.append(e.type).append("|").append(e.data).append("\n");
        return true;
    };
    std::size_t from = 0;
    for (const std::size_t cut : cuts) {
        parser.feed(bytes.substr(from, cut - from), sink);
        from = cut;
    }
    parser.feed(bytes.substr(from), sink);
    parser.finish(sink);
    return out;
}

std::string parse_in_pieces(std::string_view bytes, std::size_t size) {
    SseParser parser;
    std::string out;
    const auto sink = [&](const SseEvent& e) {
        out.append(e.type).append("|").append(e.data).append("\n");
        return true;
    };
    for (std::size_t i = 0; i < bytes.size(); i += size)
        parser.feed(bytes.substr(i, size), sink);
    parser.finish(sink);
    return out;
}

} // namespace

class TestSse : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void events_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](const char* name, const char* bytes, const char* expected) {
            QTest::newRow(name) << QByteArray(bytes) << QByteArray(expected);
        };
        row("one", "data: a\n\n", "|a\n");
        row("crlf", "data: a\r\n\r\ndata: b\r\n\r\n", "|a\n|b\n");
        row("cr", "data: a\r\rdata: b\r\r", "|a\n|b\n");
        row("mixed line ends", "data: a\r\ndata: b\n\r\ndata: c\r\n\n", "|a\nb\n|c\n");
        row("no space", "data:a\n\n", "|a\n");
        row("one space is stripped", "data:  a\n\n", "| a\n");
        row("several data lines join", "data: a\ndata: b\ndata:\n\n", "|a\nb\n\n");
        row("event type", "event: ping\ndata: {}\n\ndata: x\n\n", "ping|{}\n|x\n");
        row("type without data is no event", "event: ping\n\ndata: x\n\n", "|x\n");
        row("comments", ": keep-alive\n\n: OPENROUTER PROCESSING\n\ndata: x\n\n:\n", "|x\n");
        row("byte order mark",
            "\xEF\xBB\xBF"
            "data: x\n\n",
            "|x\n");
        row("mark only at the start",
            "data: a\n\n\xEF\xBB\xBF"
            "data: x\n\n",
            "|a\n");
        row("last event without a blank line", "data: a\n\ndata: b", "|a\n|b\n");
        row("last event after one line end", "data: a\n\ndata: b\r\n", "|a\n|b\n");
        row("id and retry are skipped", "id: 7\nretry: 10\ndata: x\n\n", "|x\n");
        row("unknown field", "foo: bar\ndata: x\n\n", "|x\n");
        row("field without colon", "data\n\n", "|\n");
        row("leading blank lines", "\n\r\n\ndata: x\n\n", "|x\n");
        row("empty", "", "");
        row("utf-8",
            "data: Gr\xC3\xB6\xC3\x9F"
            "e \xF0\x9F\x99\x82\r\n\r\n",
            "|Gr\xC3\xB6\xC3\x9F"
            "e \xF0\x9F\x99\x82\n");
        row("colon in value", "data: a:b: c\n\n", "|a:b: c\n");
    }
    void events() {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, expected);
        const std::string text = bytes.toStdString();
        QCOMPARE(QByteArray::fromStdString(parse(text)), expected);
        for (const std::size_t size : {1u, 2u, 3u, 5u})
            QCOMPARE(QByteArray::fromStdString(parse_in_pieces(text, size)), expected);
        for (std::size_t a = 0; a <= text.size(); ++a)
            for (std::size_t b = a; b <= text.size(); ++b)
                QCOMPARE(QByteArray::fromStdString(parse(text, {a, b})), expected);
    }

    void recordedBytesAtEverySplit_data() {
        QTest::addColumn<QString>("path");
        for (const auto& info : QDir(fixtures::own()).entryInfoList({"*.chunks.txt"}))
            QTest::newRow(qPrintable(info.fileName())) << info.filePath();
        for (const auto& info : QDir(fixtures::captured()).entryInfoList({"*.chunks.txt"}))
            QTest::newRow(qPrintable("captured " + info.fileName())) << info.filePath();
    }
    void recordedBytesAtEverySplit() {
        QFETCH(QString, path);
        // The first kilobytes hold every form; two-way splits of a whole recording take minutes.
        const std::string lines = fixtures::read(path).substr(0, 6000);
        QVERIFY(!lines.empty());
        for (const std::string_view end_of_line : {"\n", "\r\n", "\r"}) {
            const std::string bytes = fixtures::framed(lines, end_of_line);
            const std::string whole = parse(bytes);
            QVERIFY(whole.find("[DONE]") != whole.npos);
            QVERIFY(parse_in_pieces(bytes, 1) == whole);
            for (std::size_t cut = 0; cut <= bytes.size(); ++cut)
                if (parse(bytes, {cut}) != whole)
                    QFAIL(qPrintable(QString("split at %1").arg(cut)));
        }
    }

    void stopsWhenAsked() {
        SseParser parser;
        int seen = 0;
        parser.feed("data: a\n\ndata: b\n\ndata: c\n\n",
                    [&](const SseEvent&) { return ++seen < 2; });
        QCOMPARE(seen, 2);
    }

    void refusesAnEndlessEvent() {
        const auto none = [](const SseEvent&) { return true; };
        const std::string megabyte(1u << 20, 'x');
        SseParser line;
        bool ok = line.feed("data: ", none);
        int fed = 0;
        for (; ok && fed < 64; ++fed)
            ok = line.feed(megabyte, none);
        QVERIFY(!ok);
        QVERIFY(fed <= 17);
        SseParser many_lines;
        ok = true;
        for (fed = 0; ok && fed < 64; ++fed)
            ok = many_lines.feed("data: " + megabyte + "\n", none);
        QVERIFY(!ok);
        QVERIFY(fed <= 17);
    }
};

QTEST_APPLESS_MAIN(TestSse)
#include "test_sse.moc"
