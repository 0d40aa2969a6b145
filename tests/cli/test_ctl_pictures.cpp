// send --image and translate, as a user calls them.
#include "support/ctl.h"

#include <QJsonArray>
#include <QTemporaryDir>
#include <QtTest>

using namespace brownout::test;

namespace {

struct Maker {
    const char *id, *dialect, *model;
    double price;
    bool healthy = false;
};
const QList<Maker> makers = {{"oai", "openai", "gpt-image-1", 0.042},
                             {"fal", "fal", "fal-ai/flux/dev", 0.025},
                             {"rep", "replicate", "black-forest-labs/flux-schnell", 0.003},
                             {"nexa", "nexaapi", "flux-dev", 0.001},
                             {"stab", "stability", "stable-image-core", 0.02},
                             {"azure", "azure", "gpt-image-1", 0.042},
                             {"nano", "gemini", "gemini-2.5-flash-image", 0.039},
                             {"imagen", "gemini", "imagen-4.0-generate-001", 0.04}};

// Those that are not healthy answer 500 to everything.
QByteArray chain_of(const QList<Maker>& chain) {
    QByteArray providers, targets;
    for (const Maker& maker : chain) {
        const QByteArray comma = providers.isEmpty() ? "" : ",";
        providers += comma + "{\"id\":\"" + maker.id + "\",\"dialect\":\"" + maker.dialect +
                     "\",\"base_url\":\"lab:\",\"key\":\"none\",\"model\":{\"first_token_ms\":30," +
                     "\"error_ratio\":" + (maker.healthy ? "0" : "1") + "}}";
        targets += comma + "{\"provider\":\"" + maker.id + "\",\"model\":\"" + maker.model +
                   "\",\"price\":{\"image_usd\":" + QByteArray::number(maker.price) + "}}";
    }
    return "{\"format\":\"brownout.chain/1\",\"name\":\"t\",\"providers\":[" + providers +
           "],\"chains\":[{\"id\":\"default\",\"targets\":[" + targets +
           "]}],\"policy\":{\"retry\":{\"attempts_per_target\":1,\"max_attempts\":20}}}";
}

} // namespace

class TestCtlPictures : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void eachInTurnSavesTheSamePicture() {
        QTemporaryDir dir;
        QByteArray first;
        for (int healthy = 0; healthy < makers.size(); ++healthy) {
            QList<Maker> chain = makers;
            chain[healthy].healthy = true;
            const QString file = write(dir.path(), "a.chain.json", chain_of(chain));
            const QString picture = dir.filePath("cat.png");
            QFile::remove(picture);
            const auto result =
                ctl({"send", file, "--image", "--prompt", "a cat", "-o", picture, "--json"});
            QVERIFY2(result.code == 0, qPrintable(result.err));
            const QByteArray bytes = read(picture);
            QVERIFY(bytes.startsWith("\x89PNG"));
            QVERIFY(first.isEmpty() || bytes == first);
            first = bytes;
            const QJsonObject json = result.json();
            const QString name = QString(chain[healthy].id) + "/" + QString(chain[healthy].model);
            QCOMPARE(json["served_by"].toString(), name);
            QCOMPARE(json["attempts"].toArray().size(), healthy + 1);
            QVERIFY(qAbs(json["cost_usd"].toDouble() - chain[healthy].price) < 1e-12);
            QCOMPARE(json["pictures"].toArray().at(0).toObject()["file"].toString(), picture);
            QCOMPARE(json["pictures"].toArray().at(0).toObject()["bytes"].toInt(),
                     int(bytes.size()));
            QCOMPARE(json["pictures"].toArray().at(0).toObject()["mime"].toString(), "image/png");
        }
    }

    void toStdoutAndToSeveralFiles() {
        QTemporaryDir dir;
        QList<Maker> chain = {makers[1]};
        chain[0].healthy = true;
        const QString file = write(dir.path(), "a.chain.json", chain_of(chain));
        const QString out = dir.filePath("x.png");
        QCOMPARE(ctl({"send", file, "--image", "--prompt", "a cat", "-o", out}).code, 0);
        const auto piped = ctl({"send", file, "--image", "--prompt", "a cat"});
        QVERIFY2(piped.code == 0, qPrintable(piped.err));
        QVERIFY(piped.out.contains("PNG")); // bytes, read as text here
        QVERIFY2(piped.err.contains("0.025000 USD"), qPrintable(piped.err));

        const QString many = dir.filePath("many.png");
        const auto two = ctl({"send", file, "--image", "--prompt", "a cat", "--count", "2",
                              "--size", "1024x576", "-o", many});
        QVERIFY2(two.code == 0, qPrintable(two.err));
        QVERIFY2(two.err.contains("0.050000 USD"), qPrintable(two.err));
        const QByteArray one = read(many), other = read(dir.filePath("many-2.png"));
        QVERIFY(!one.isEmpty() && !other.isEmpty() && one != other);
        QCOMPARE(one.mid(16, 8), QByteArray("\0\0\4\0\0\0\2\x40", 8)); // 1024 by 576
    }

    // What was paid for is never thrown away: without a file the one document carries it.
    void inTheDocument() {
        QTemporaryDir dir;
        QList<Maker> chain = {makers[1]};
        chain[0].healthy = true;
        const QString file = write(dir.path(), "a.chain.json", chain_of(chain));
        const auto told =
            ctl({"send", file, "--image", "--prompt", "a cat", "--count", "2", "--json"});
        QVERIFY2(told.code == 0, qPrintable(told.err));
        const QString out = dir.filePath("x.png");
        QCOMPARE(
            ctl({"send", file, "--image", "--prompt", "a cat", "--count", "2", "-o", out}).code, 0);
        const QJsonArray pictures = told.json()["pictures"].toArray();
        QCOMPARE(pictures.size(), 2);
        const auto bytes = [&](int i) {
            return QByteArray::fromBase64(pictures[i].toObject()["base64"].toString().toLatin1());
        };
        QVERIFY(bytes(0).startsWith("\x89PNG"));
        QCOMPARE(bytes(0), read(out));
        QCOMPARE(bytes(1), read(dir.filePath("x-2.png")));
        QVERIFY(!pictures[0].toObject().contains("file"));
    }

    void badUsage_data() {
        QTest::addColumn<QStringList>("options");
        QTest::newRow("stream") << QStringList{"--image", "--stream"};
        QTest::newRow("size") << QStringList{"--image", "--size", "big"};
        QTest::newRow("several to stdout") << QStringList{"--image", "--count", "2"};
        QTest::newRow("without --image") << QStringList{"--size", "10x10"};
    }
    void badUsage() {
        QFETCH(QStringList, options);
        QTemporaryDir dir;
        const QString file = write(dir.path(), "a.chain.json", chain_of(makers));
        const auto result = ctl(QStringList{"send", file, "--prompt", "x"} + options);
        QCOMPARE(result.code, 2);
        QVERIFY(result.out.isEmpty());
    }

    void videosAndTranscriptions() {
        QTemporaryDir dir;
        const auto chain = [&](const char* dialect, const char* model) {
            QList<Maker> one = {{"one", dialect, model, 0.01, true}};
            return write(dir.path(), "m.chain.json", chain_of(one));
        };
        const std::pair<const char*, const char*> films[] = {
            {"fal", "fal-ai/kling-video/v2/master/text-to-video"}, {"nexaapi", "kling-v2-master"}};
        for (const auto& [dialect, model] : films) {
            const QStringList asks = {"send",  chain(dialect, model), "--video", "--prompt",
                                      "waves", "--duration",          "5",       "--aspect-ratio",
                                      "16:9"};
            const auto film = ctl(asks);
            QVERIFY2(film.code == 0, qPrintable(film.err));
            QVERIFY2(film.out.startsWith("http://127.0.0.1:") && film.out.endsWith(".mp4\n"),
                     qPrintable(film.out));
            const auto told = ctl(asks + QStringList{"--json"});
            QVERIFY(told.json()["media_url"].toString().endsWith(".mp4"));
        }
        const std::pair<const char*, const char*> ears[] = {{"fal", "fal-ai/whisper"},
                                                            {"replicate", "openai/whisper"},
                                                            {"nexaapi", "whisper-large-v3"}};
        for (const auto& [dialect, model] : ears) {
            const auto text = ctl({"send", chain(dialect, model), "--transcribe",
                                   "https://example.com/a.mp3", "--language", "en"});
            QVERIFY2(text.code == 0, qPrintable(text.err));
            QCOMPARE(text.out, "The quick brown fox.\n");
        }
    }

    void badMedia_data() {
        QTest::addColumn<QStringList>("options");
        QTest::newRow("nothing asked") << QStringList{};
        QTest::newRow("two things") << QStringList{"--prompt", "x", "--video", "--image"};
        QTest::newRow("stream") << QStringList{"--prompt", "x", "--video", "--stream"};
        QTest::newRow("no address") << QStringList{"--transcribe", "a.mp3"};
        QTest::newRow("language alone") << QStringList{"--prompt", "x", "--language", "en"};
        QTest::newRow("duration alone") << QStringList{"--prompt", "x", "--duration", "5"};
    }
    void badMedia() {
        QFETCH(QStringList, options);
        QTemporaryDir dir;
        const QString file = write(dir.path(), "a.chain.json", chain_of(makers));
        const auto result = ctl(QStringList{"send", file} + options);
        QCOMPARE(result.code, 2);
        QVERIFY(result.out.isEmpty());
        QVERIFY(!result.err.isEmpty());
    }

    void noPictureNoFile() {
        QTemporaryDir dir;
        const QString file = write(dir.path(), "a.chain.json", chain_of(makers));
        const QString out = dir.filePath("none.png");
        const auto result = ctl({"send", file, "--image", "--prompt", "x", "-o", out});
        QCOMPARE(result.code, 3);
        QVERIFY(!QFile::exists(out));
        QList<Maker> healthy = {makers[1]};
        healthy[0].healthy = true;
        const QString good = write(dir.path(), "b.chain.json", chain_of(healthy));
        const QString log = dir.filePath("log.jsonl");
        const auto nowhere = ctl({"send", good, "--image", "--prompt", "x", "--log", log, "-o",
                                  dir.filePath("no/such/folder/x.png")});
        QCOMPARE(nowhere.code, 2);
        QVERIFY(!read(log).contains("attempt_started")); // nothing was paid for it
    }

    void translates() {
        CtlOptions options;
        options.input =
            "{\"prompt\":\"a cat\",\"image_size\":\"landscape_16_9\",\"sync_mode\":true}";
        const auto text = ctl({"translate", "--from", "fal", "--url",
                               "https://fal.run/fal-ai/flux/dev", "--body", "-"},
                              options);
        QVERIFY2(text.code == 0, qPrintable(text.err));
        QVERIFY(text.out.startsWith("POST https://api.nexaapi.com/v1/images/generations\n"));
        for (const char* piece : {"\"model\": \"flux-dev\"", "\"width\": 1024", "\"height\": 576"})
            QVERIFY2(text.out.contains(piece), qPrintable(text.out));
        QVERIFY(text.err.contains("sync_mode"));

        QTemporaryDir dir;
        const QString body = write(dir.path(), "b.json", "{\"input\":{\"prompt\":\"a cat\"}}");
        const QString models = "https://api.replicate.com/v1/models/";
        const auto json = ctl({"translate", "--from", "replicate", "--url",
                               models + "stability-ai/sdxl/predictions", "--body", body, "--json"});
        QVERIFY2(json.code == 0, qPrintable(json.err));
        QCOMPARE(json.json()["request"].toObject()["body"].toObject()["model"].toString(),
                 "sdxl-turbo");
        QCOMPARE(json.json()["request"].toObject()["method"].toString(), "POST");

        const auto none = ctl({"translate", "--from", "replicate", "--url",
                               models + "a/b/predictions", "--body", body, "--json"});
        QCOMPARE(none.code, 3);
        QVERIFY(none.json()["why"].toString().contains("a/b"));
        options.input = "{";
        QCOMPARE(
            ctl({"translate", "--from", "fal", "--url", "fal-ai/flux/dev", "--body", "-"}, options)
                .code,
            2);
        QCOMPARE(ctl({"translate", "--from", "openai", "--url", "x"}).code, 2);
    }
};

QTEST_GUILESS_MAIN(TestCtlPictures)
#include "test_ctl_pictures.moc"
