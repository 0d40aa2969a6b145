// JSON in and out: what is refused and where, the canonical form, and files that are never half.
#include "chain/json_text.h"
#include "chain/problem.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <bit>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace brownout;
using namespace brownout::chain;

namespace {

std::string nested(int levels, const char* open, const char* close) {
    std::string out;
    for (int i = 0; i < levels; ++i)
        out += open;
    for (int i = 0; i < levels; ++i)
        out += close;
    return out;
}

} // namespace

class TestChainJson : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // Text that is written straight is what dump would have made of the value.
    void straightText_data() {
        QTest::addColumn<QByteArray>("text");
        for (const char* text : {"", "plain", "say \"hi\" \\ /", "a\nb\tc\rd\be\ff", "\x01\x1f\x7f",
                                 "gr\xC3\xBC\xC3\x9F \xE6\xBC\xA2 \xF0\x9F\x98\x80",
                                 "broken \xC3( \xFF \xE6\xBC", "\"\xC3\xBC\n"})
            QTest::newRow(text) << QByteArray(text);
    }
    void straightText() {
        QFETCH(QByteArray, text);
        std::string out;
        JsonText json(out);
        json.value(text.toStdString());
        QCOMPARE(out,
                 Json(text.toStdString()).dump(-1, ' ', false, Json::error_handler_t::replace));
    }
    void straightNumbers() {
        for (const double number :
             {0.0, -0.0, 1.0, 30.0, -2.5, 0.1, 1795210980.123456789, 1e-4, 9.9e-5, 1e-12, 1e14,
              1e15, 123456789012345678.0, 1e300, 5e-324, 1.0 / 3}) {
            std::string out;
            JsonText(out).value(number);
            QCOMPARE(out, Json(number).dump());
        }
        std::string out;
        JsonText(out).value(std::numeric_limits<double>::infinity());
        QCOMPARE(out, std::string{"null"});
    }
    void straightObject() {
        std::string out;
        JsonText json(out);
        json.open('{');
        json.member("a", 1);
        json.member("b", std::optional<double>{});
        json.key("c");
        json.open('[');
        json.close(']');
        json.key("d");
        json.open('[');
        json.open('{');
        json.member("e", true);
        json.close('}');
        json.value("f");
        json.close(']');
        json.member("g", Json{{"h", nullptr}});
        json.close('}');
        QCOMPARE(out,
                 std::string{R"({"a":1,"b":null,"c":[],"d":[{"e":true},"f"],"g":{"h":null}})"});
    }

    void refused_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("place");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* name, QByteArray text, const char* place,
                            const char* says) {
            QTest::newRow(name) << text << QByteArray(place) << QByteArray(says);
        };
        row("empty", "", "line 1, column 1", "empty");
        row("only space", " \n ", "line 2, column 2", "empty");
        row("trailing comma", "{\"a\": 1,\n}", "line 2, column 1", "key in double quotes");
        row("trailing comma in list", "[1,]", "line 1, column 4", "expected a value");
        row("trailing text", "{} x", "line 1, column 4", "after the end");
        row("twice", "{\"a\":1,\n \"a\":2}", "line 2, column 2", "same key twice");
        row("twice by escape", R"({"a":1,"\u0061":2})", "line 1, column 8", "same key twice");
        row("twice, deeper", R"({"x":{"a":1,"a":2}})", "line 1, column 13", "same key twice");
        row("single quotes", "{'a':1}", "line 1, column 2", "double quotes");
        row("comment", "{} // hello", "line 1, column 4", "after the end");
        row("NaN", "[NaN]", "line 1, column 2", "expected a value");
        row("leading zero", "[01]", "line 1, column 3", "begin with 0");
        row("plus", "[+1]", "line 1, column 2", "expected a value");
        row("dot without digits", "[1.]", "line 1, column 4", "digit");
        row("huge, negative", "[-1e999]", "line 1, column 8", "too large");
        row("huge", "[1e999]", "line 1, column 7", "too large");
        row("huge without exponent", "[" + QByteArray(400, '9') + "]", "line 1, column 402",
            "too large");
        const char* const inexact = "above 2^53 cannot be kept exactly";
        row("above 2^53", "{\"seed\":\n 9007199254740993}", "line 2, column 2", inexact);
        row("below -2^53", "[-9007199254740993]", "line 1, column 2", inexact);
        row("above 2^63", "[1, 100000000000000000000]", "line 1, column 5", inexact);
        row("line break in text", "\"a\nb\"", "line 1, column 3", "control character");
        row("bad escape", R"("\x")", "line 1, column 3", "escape");
        row("half surrogate", R"("\ud800")", "line 1, column 8", "surrogate");
        row("low surrogate first", R"("\udc00")", "line 1, column 8", "surrogate");
        row("surrogate with no low", R"("\ud800\u0041")", "line 1, column 14", "surrogate");
        row("not hex", R"("\u12g4")", "line 1, column 4", "hexadecimal");
        row("overlong UTF-8", "\"\xC0\xAF\"", "line 1, column 2", "UTF-8");
        row("UTF-8 surrogate", "\"\xED\xA0\x80\"", "line 1, column 2", "UTF-8");
        row("above Unicode", "\"\xF4\x90\x80\x80\"", "line 1, column 2", "UTF-8");
        row("columns count characters", "\"\xC3\xA4\xC3\xA4\" x", "line 1, column 6",
            "after the end");
        row("unclosed", "{\"a\": [1, 2", "line 1, column 12", "ends inside");
    }
    void refused() {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, place);
        QFETCH(QByteArray, says);
        const auto read = parse_json(text.toStdString(), "");
        QVERIFY(!read);
        QCOMPARE(QByteArray::fromStdString(read.error().place), place);
        QVERIFY2(read.error().message.find(says.toStdString()) != std::string::npos,
                 read.error().message.c_str());
    }

    void depth() {
        QVERIFY(parse_json(nested(max_json_depth, "[", "]"), ""));
        QVERIFY(!parse_json(nested(max_json_depth + 1, "[", "]"), ""));
        QVERIFY(!parse_json(std::string(1'000'000, '['), ""));
        std::string objects;
        for (int i = 0; i < 100'000; ++i)
            objects += "{\"a\":";
        QVERIFY(!parse_json(objects, ""));
    }

    // RFC 8785, 3.2.2 and appendix B.
    void canonical_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("wanted");
        QTest::newRow("section 3.2.2")
            << QByteArray(R"({
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
})")
            << QByteArray(
                   "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,"
                   "1e-27],\"string\":\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
        QTest::newRow("sorting, section 3.2.3")
            << QByteArray(R"({
  "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
  "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control",
  "\u00f6": "Latin Small Letter O With Diaeresis"})")
            << QByteArray("{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\","
                          "\"\xC3\xB6\":\"Latin Small Letter O With Diaeresis\","
                          "\"\xE2\x82\xAC\":\"Euro Sign\","
                          "\"\xF0\x9F\x98\x80\":\"Emoji: Grinning Face\","
                          "\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet With Dagesh\"}");
        QTest::newRow("minus zero") << QByteArray("[-0, -0.0, 0e5]") << QByteArray("[0,0,0]");
        QTest::newRow("integers are doubles")
            << QByteArray("[9007199254740992, -9007199254740992, 10, 1e20, 1e21]")
            << QByteArray("[9007199254740992,-9007199254740992,10,100000000000000000000,1e+21]");
        QTest::newRow("same number, other text")
            << QByteArray("[1.0, 1, 1e0, 0.1e1]") << QByteArray("[1,1,1,1]");
        QTest::newRow("empty") << QByteArray("{\"b\":{},\"a\":[]}")
                               << QByteArray("{\"a\":[],\"b\":{}}");
    }
    void canonical() {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, wanted);
        const auto read = parse_json(text.toStdString(), "");
        QVERIFY2(read, read ? "" : read.error().text().c_str());
        QCOMPARE(QByteArray::fromStdString(canonical_json(*read)), wanted);
    }

    void canonical_numbers_data() {
        QTest::addColumn<quint64>("bits");
        QTest::addColumn<QByteArray>("wanted");
        const auto row = [](quint64 bits, const char* wanted) {
            QTest::addRow("%016llx", static_cast<unsigned long long>(bits))
                << bits << QByteArray(wanted);
        };
        row(0x0000000000000000, "0");
        row(0x8000000000000000, "0");
        row(0x0000000000000001, "5e-324");
        row(0x8000000000000001, "-5e-324");
        row(0x7fefffffffffffff, "1.7976931348623157e+308");
        row(0xffefffffffffffff, "-1.7976931348623157e+308");
        row(0x4340000000000000, "9007199254740992");
        row(0xc340000000000000, "-9007199254740992");
        row(0x4430000000000000, "295147905179352830000");
        row(0x44b52d02c7e14af5, "9.999999999999997e+22");
        row(0x44b52d02c7e14af6, "1e+23");
        row(0x44b52d02c7e14af7, "1.0000000000000001e+23");
        row(0x444b1ae4d6e2ef4e, "999999999999999700000");
        row(0x444b1ae4d6e2ef4f, "999999999999999900000");
        row(0x444b1ae4d6e2ef50, "1e+21");
        row(0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7");
        row(0x3eb0c6f7a0b5ed8d, "0.000001");
        row(0x41b3de4355555553, "333333333.3333332");
        row(0x41b3de4355555554, "333333333.33333325");
        row(0x41b3de4355555555, "333333333.3333333");
        row(0x41b3de4355555556, "333333333.3333334");
        row(0x41b3de4355555557, "333333333.33333343");
        row(0xbecbf647612f3696, "-0.0000033333333333333333");
        row(0x43143ff3c1cb0959, "1424953923781206.2");
    }
    void canonical_numbers() {
        QFETCH(quint64, bits);
        QFETCH(QByteArray, wanted);
        const double value = std::bit_cast<double>(static_cast<std::uint64_t>(bits));
        QCOMPARE(QByteArray::fromStdString(canonical_json(Json(value))), wanted);
    }

    void sha256() { // of the two bytes {}
        QCOMPARE(canonical_sha256(Json::object()),
                 std::string("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"));
    }

    void order_is_kept() {
        const std::string text = "{\n  \"z\": 1,\n  \"a\": [\n    true\n  ]\n}\n";
        QCOMPARE(pretty_json(*parse_json(text, "")), text);
    }

    void writing() {
        QTemporaryDir dir;
        const std::string path = dir.path().toStdString() + "/a.json";
        QVERIFY(write_file_atomically(path, "first"));
        ::chmod(path.c_str(), 0640);
        QVERIFY(write_file_atomically(path, "second"));
        QCOMPARE(*read_file(path), std::string("second"));
        struct stat st {};
        QCOMPARE(::stat(path.c_str(), &st), 0);
        QCOMPARE(st.st_mode & 07777, 0640u);
        const std::string link = dir.path().toStdString() + "/link.json";
        QCOMPARE(::symlink(path.c_str(), link.c_str()), 0);
        QVERIFY(write_file_atomically(link, "third"));
        QVERIFY(std::filesystem::is_symlink(link));
        QCOMPARE(*read_file(path), std::string("third"));
        std::size_t files = 0;
        for ([[maybe_unused]] const auto& entry :
             std::filesystem::directory_iterator(dir.path().toStdString()))
            ++files;
        QCOMPARE(files, 2u); // nothing temporary is left
        const auto small = read_file(path, 3);
        QVERIFY(!small);
        QVERIFY(small.error().message.find("larger") != std::string::npos);
    }

    // What is no regular file stays what it is: a reader waits at the other end.
    void writing_into_a_fifo() {
        QTemporaryDir dir;
        const std::string base = dir.path().toStdString();
        const std::string fifo = base + "/fifo", link = base + "/link";
        QCOMPARE(::mkfifo(fifo.c_str(), 0600), 0);
        QCOMPARE(::symlink(fifo.c_str(), link.c_str()), 0);
        const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        QVERIFY(reader >= 0);
        for (const std::string& path : {fifo, link}) {
            const auto written = write_file_atomically(path, "through");
            char text[16];
            const auto came = ::read(reader, text, sizeof text);
            QVERIFY2(written, path.c_str());
            QVERIFY(std::filesystem::is_fifo(fifo) && std::filesystem::is_symlink(link));
            QCOMPARE(std::string(text, static_cast<std::size_t>(std::max<ssize_t>(came, 0))),
                     std::string("through"));
        }
        ::close(reader);
        // Nobody can open a socket by its name, and it is no less somebody's.
        const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string taken = base + "/socket";
        QVERIFY(taken.size() < sizeof address.sun_path);
        std::copy(taken.begin(), taken.end(), address.sun_path);
        QCOMPARE(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        const auto refused = write_file_atomically(taken, "x");
        QVERIFY(!refused && refused.error().kind == Error::Kind::environment);
        QVERIFY(std::filesystem::is_socket(taken));
        ::close(listener);
        QCOMPARE(std::distance(std::filesystem::directory_iterator(base), {}), 3);
    }

    void writing_fails() {
        QTemporaryDir dir;
        const std::string base = dir.path().toStdString();
        const auto missing = write_file_atomically(base + "/none/a.json", "x");
        QVERIFY(!missing);
        QVERIFY(missing.error().text().find("folder does not exist") != std::string::npos);
        const auto folder = write_file_atomically(base, "x");
        QVERIFY(!folder);
        QCOMPARE(folder.error().kind, Error::Kind::bad_input);
        const auto absent = read_file(base + "/none.json");
        QVERIFY(!absent);
        QVERIFY(absent.error().text().find("no such file") != std::string::npos);
    }

    // A limit on the size of files stands in for a full disk.
    void a_failed_write_keeps_the_old_text() {
        QTemporaryDir dir;
        const std::string path = dir.path().toStdString() + "/a.json";
        QVERIFY(write_file_atomically(path, "old"));
        struct rlimit before {};
        QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
        const struct rlimit small { 1000, before.rlim_max };
        const auto handler = std::signal(SIGXFSZ, SIG_IGN);
        QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
        const auto failed = write_file_atomically(path, std::string(100'000, 'x'));
        ::setrlimit(RLIMIT_FSIZE, &before);
        std::signal(SIGXFSZ, handler);
        QVERIFY(!failed);
        QCOMPARE(failed.error().kind, Error::Kind::environment);
        QCOMPARE(*read_file(path), std::string("old"));
        QCOMPARE(std::distance(std::filesystem::directory_iterator(dir.path().toStdString()), {}),
                 1);
    }

    void problem_text() {
        Problem p{Problem::Severity::error, "a.json", "/x/0", "is wrong", "fix it"};
        QCOMPARE(p.text(), std::string("a.json#/x/0: error: is wrong. fix it"));
        p.pointer = "line 3, column 7";
        p.severity = Problem::Severity::warning;
        p.remedy.clear();
        QCOMPARE(p.text(), std::string("a.json: line 3, column 7: warning: is wrong"));
    }
};

QTEST_APPLESS_MAIN(TestChainJson)
#include "test_chain_json.moc"
