// Add provider: presets found by typing, with the state of their keys, added with a first target in
// one step; keys of a .env file that go to the store and nowhere else.
#include "ui/chains_world.h"

#include "ui/models/preset_list.h"
#include "ui/shell/theme_palettes.h"

#include <QAction>
#include <QSignalSpy>

#include <cmath>

using namespace brownout;
using namespace brownout::ui;

namespace {

constexpr const char* canary = "sk-canary-7f3b9e1d5c8a2460";

struct Stored : chain::Keychain {
    std::map<std::string, Secret> kept;
    bool locked = false;
    Result<Secret> read(const std::string& name) override {
        if (const auto at = kept.find(name); at != kept.end())
            return at->second;
        return environment_error("keychain:" + name, "no entry");
    }
    Result<void> write(const std::string& name, const Secret& value) override {
        if (locked)
            return environment_error("keychain:" + name, "the keychain is locked");
        kept[name] = value;
        return {};
    }
    Result<void> remove(const std::string&) override { return {}; }
    Result<std::vector<std::string>> names() override {
        std::vector<std::string> out;
        for (const auto& [name, value] : kept)
            out.push_back(name);
        return out;
    }
};

double luminance(const QColor& color) {
    const auto linear = [](double c) {
        return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) +
           0.0722 * linear(color.blueF());
}
double contrast(const QColor& a, const QColor& b) {
    const double x = luminance(a), y = luminance(b);
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

PresetOffer offerOf(const chain::KeyStore& keys, const char* id) {
    for (const auto& offer : presetOffers(keys, chain::builtin_prices()))
        if (offer.row.id == QLatin1String(id))
            return offer;
    qFatal("no preset %s", id);
}

QString writeFile(const QTemporaryDir& dir, const QByteArray& text) {
    const QString path = dir.filePath(".env");
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
        qFatal("cannot write %s", qPrintable(path));
    return path;
}

} // namespace

class TestPresetPicker : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() {
        applyTheme(*qApp, ThemeMode::light);
        for (const auto& preset : chain::provider_presets())
            qunsetenv(preset.key_env.c_str());
    }
    void init() { failOnAnyWarning(); }

    void typingFinds_data() {
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("first"); // ids; "-": nothing at all
        QTest::addColumn<int>("count");     // 0: any
        QTest::newRow("all, simulated first") << ""
                                              << "" << 25;
        QTest::newRow("its beginning") << "open"
                                       << "openai" << 0;
        QTest::newRow("a word inside") << "gemini"
                                       << "gemini" << 1;
        QTest::newRow("what begins so comes first") << "to"
                                                    << "together" << 0;
        QTest::newRow("a dialect") << "replicate"
                                   << "replicate" << 1;
        QTest::newRow("an address") << "dashscope-intl"
                                    << "qwen" << 1;
        QTest::newRow("a variable") << "xai_api_key"
                                    << "xai" << 1;
        QTest::newRow("words in any order") << "local ollama"
                                            << "ollama" << 1;
        QTest::newRow("nobody") << "nobody has this"
                                << "-" << 0;
    }
    void typingFinds() {
        QFETCH(QString, typed);
        QFETCH(QString, first);
        QFETCH(int, count);
        const auto found =
            matching(presetOffers(chain::KeyStore(), chain::builtin_prices()), typed);
        QCOMPARE(found.empty() ? QString("-") : found.front().row.id, first);
        if (count > 0)
            QCOMPARE(static_cast<int>(found.size()), count);
    }

    void keysAreFoundOrToldHowTo() {
        Stored keychain;
        keychain.kept["anthropic"] = Secret("x");
        keychain.kept["openai"] = Secret("y");
        chain::KeyStore keys(&keychain);
        keys.set_session("mistral", Secret("z"));
        qputenv("OPENAI_API_KEY", "v");
        const auto row = [&](const char* id, const char* badge, const char* key, bool found) {
            const PresetOffer offer = offerOf(keys, id);
            QCOMPARE(offer.row.badge, QString(badge));
            QCOMPARE(QString::fromStdString(offer.key.text()), QString(key));
            QCOMPARE(offer.keyFound, found);
        };
        row("openai", "in environment", "env:OPENAI_API_KEY", true); // before the keychain
        row("anthropic", "in keychain", "keychain:anthropic", true);
        row("mistral", "this session", "session:mistral", true);
        row("deepseek", "key missing", "env:DEEPSEEK_API_KEY", false);
        row("ollama", "no key needed", "none", true);
        qunsetenv("OPENAI_API_KEY");
        row("openai", "in keychain", "keychain:openai", true);
        const QString todo = offerOf(keys, "deepseek").detail;
        QVERIFY2(todo.contains("DEEPSEEK_API_KEY is not set. Set it before starting") &&
                     todo.contains("the system keychain keeps it"),
                 qPrintable(todo));
        QVERIFY(offerOf(chain::KeyStore(), "deepseek").detail.contains("there is no keychain"));
        // The price of the first target with source and date, or that it is not known.
        QVERIFY2(todo.contains("deepseek-chat, 0.28 / 0.42 USD per million tokens in / out (") &&
                     todo.contains("2026-07-24)"),
                 qPrintable(todo));
        QVERIFY(offerOf(keys, "replicate").detail.contains("flux-schnell, price unknown"));
        QVERIFY(offerOf(keys, "azure").detail.contains("Write your own resource"));
    }

    void marksAreReadable() {
        std::vector<ProviderGlyph> glyphs;
        for (const auto& preset : chain::provider_presets())
            glyphs.push_back(glyphOf(preset));
        chain::Provider own;
        for (const char* id : {"my-proxy", "a", "z9", "7"}) {
            own.id = id;
            own.base_url = "https://proxy.example.com/v1";
            glyphs.push_back(glyphOf(own));
        }
        own.base_url = "lab:";
        glyphs.push_back(glyphOf(own));
        for (const auto& glyph : glyphs)
            for (const bool dark : {false, true}) {
                const auto [shape, letters] = glyphColors(glyph, dark);
                const QColor ground = (dark ? darkColors() : lightColors()).panel;
                const bool hollow = glyph.shape == ProviderGlyph::Shape::outline;
                QVERIFY2(contrast(letters, hollow ? ground : shape) >= 4.5,
                         qPrintable(glyph.letters));
                QVERIFY2(contrast(shape, ground) >= 3, qPrintable(glyph.letters));
            }
        QCOMPARE(glyphOf(own).letters, QString("7"));
        own.id = "openai-2";
        own.base_url = "https://api.openai.com/v1";
        QCOMPARE(glyphOf(own), glyphOf(*chain::find_preset("openai"))); // by its address
    }

    void enterAddsProviderAndTargetInOneStep() {
        World w;
        const chain::Json before = w.editor().json();
        w.addPreset("deeps");
        QVERIFY(!child<QWidget>(w.page, "preset_picker")->isVisible());
        const chain::Json& json = w.editor().json();
        const chain::Json provider = {{"id", "deepseek"},
                                      {"dialect", "openai"},
                                      {"base_url", "https://api.deepseek.com"},
                                      {"key", "env:DEEPSEEK_API_KEY"}};
        QCOMPARE(json["providers"][3], provider);
        QCOMPARE(QString::fromStdString(json["chains"][0]["targets"][3].dump()),
                 QString(R"({"provider":"deepseek","model":"deepseek-chat"})"));
        QVERIFY(w.editor().isValid());
        QCOMPARE(w.editor().undoStack().count(), 1);
        QCOMPARE(w.flow().count(), 4);
        // What is missing is in view: the key.
        QCOMPARE(child<QComboBox>(w.page, "key_source")->currentText(), QString("Environment"));
        QVERIFY(child<QLabel>(w.page, "key_advice")->text().contains("is not set"));
        w.editor().undoStack().undo();
        QCOMPARE(w.editor().json(), before);
        QCOMPARE(w.flow().count(), 3);
        w.editor().undoStack().redo();
        QCOMPARE(w.flow().count(), 4);
    }

    void aProviderWhoseKeyIsThereShowsItsTarget() {
        qputenv("DEEPSEEK_API_KEY", "x");
        World w;
        w.addPreset("deepseek");
        QCOMPARE(child<QLineEdit>(w.page, "field_model")->text(), QString("deepseek-chat"));
        qunsetenv("DEEPSEEK_API_KEY");
    }

    void twiceIsTwo() {
        World w;
        w.addPreset("deepseek");
        w.addPreset("deepseek");
        QCOMPARE(w.editor().json()["providers"][4]["id"], chain::Json("deepseek-2"));
        QCOMPARE(w.editor().json()["chains"][0]["targets"][4]["provider"],
                 chain::Json("deepseek-2"));
        QVERIFY(w.editor().isValid());
    }

    void picturesGoWhereTheyAreMade() {
        World w;
        w.addPreset("fal");
        QCOMPARE(w.demo.session.chainId(), QString("images"));
        QCOMPARE(QString::fromStdString(w.editor().json()["chains"].back().dump()),
                 QString(R"({"id":"images","task":"image","targets":[)"
                         R"({"provider":"fal","model":"fal-ai/flux/schnell"}]})"));
        QCOMPARE(w.editor().undoStack().count(), 1);
        QVERIFY(w.editor().isValid());
        w.addPreset("stability");
        QCOMPARE(w.editor().json()["chains"].back()["targets"].size(), std::size_t{2});
        w.addPreset("mistral"); // chats: back to the chain that does
        QCOMPARE(w.demo.session.chainId(), QString("default"));
        QCOMPARE(w.editor().json()["chains"][0]["targets"].back()["provider"],
                 chain::Json("mistral"));
        w.editor().undoStack().undo();
        w.editor().undoStack().undo();
        w.editor().undoStack().undo();
        QCOMPARE(w.flow().count(), 3);
    }

    void azureAsksForItsResource() {
        World w;
        QVERIFY(QTest::qWaitForWindowActive(&w.page));
        w.addPreset("azure");
        QTRY_COMPARE(QApplication::focusWidget()->objectName(), QString("field_base_url"));
    }

    void theKeyboardAlone() {
        World w;
        QVERIFY(QTest::qWaitForWindowActive(&w.page));
        auto* add = child<QPushButton>(w.page, "add_provider");
        add->setFocus();
        QTest::keyClick(add, Qt::Key_Space);
        auto* picker = child<QWidget>(w.page, "preset_picker");
        auto* input = child<QLineEdit>(w.page, "preset_filter");
        auto* list = child<QListView>(w.page, "preset_list");
        QTRY_VERIFY(picker->isVisible() && input->hasFocus());
        new QAbstractItemModelTester(list->model(),
                                     QAbstractItemModelTester::FailureReportingMode::QtTest, this);
        QCOMPARE(list->model()->rowCount(), 25);
        w.keep("preset_picker");
        QTest::keyClick(input, Qt::Key_Down);
        QTest::keyClick(input, Qt::Key_Down);
        QCOMPARE(list->currentIndex().data().toString(), QString("Anthropic"));
        QCOMPARE(child<QPushButton>(w.page, "preset_add")->text(), QString("Add Anthropic"));
        QTest::keyClick(input, Qt::Key_Up);
        QCOMPARE(list->currentIndex().data().toString(), QString("OpenAI"));
        QTest::keyClicks(input, "no such thing");
        QVERIFY(child<QLabel>(w.page, "preset_none")->isVisible());
        QVERIFY(!child<QPushButton>(w.page, "preset_add")->isEnabled());
        QTest::keyClick(input, Qt::Key_Return); // nothing to add
        QVERIFY(picker->isVisible());
        QTest::keyClick(input, Qt::Key_Escape);
        QVERIFY(!picker->isVisible());
        QCOMPARE(w.editor().undoStack().count(), 0);
        QVERIFY(add->hasFocus());
        // It goes when the focus does.
        QTest::keyClick(add, Qt::Key_Space);
        QTRY_VERIFY(picker->isVisible());
        child<QPushButton>(w.page, "add_chain")->setFocus();
        QTRY_VERIFY(!picker->isVisible());
    }

    void withoutAKeychainThisSessionIsOffered() {
        World w; // its store has none
        w.click("add_provider");
        QVERIFY(!child<QAction>(w.page, "dotenv_keychain")->isEnabled());
        QVERIFY(child<QAction>(w.page, "dotenv_session")->isEnabled());
    }

    void keysOfAnEnvFile() {
        World w;
        QSignalSpy notices(&w.demo.session, &Session::notice);
        const QString path = writeFile(w.demo.dir, QByteArray("export OPENAI_API_KEY=") + canary +
                                                       "\nFAL_KEY='f:g'\nDATABASE_URL=postgres\n");
        w.page.importDotenv(path, chain::KeyRef::Source::session);
        QCOMPARE(notices.count(), 1);
        QCOMPARE(notices[0][0].toString(),
                 QString("2 keys from .env kept in memory for this session: OpenAI, FAL. 1 other "
                         "entry is no provider's key."));
        const chain::Json& json = w.editor().json();
        QCOMPARE(json["providers"][3]["key"], chain::Json("session:openai"));
        QCOMPARE(json["providers"][4]["key"], chain::Json("session:fal"));
        QCOMPARE(json["chains"][0]["targets"].back()["model"], chain::Json("gpt-4o-mini"));
        QCOMPARE(json["chains"].back()["id"], chain::Json("images"));
        QVERIFY(w.editor().isValid());
        QCOMPARE(w.editor().undoStack().count(), 1);
        QVERIFY(!QString::fromStdString(json.dump()).contains(canary));
        const auto kept = w.demo.keys.find({chain::KeyRef::Source::session, "openai"});
        QVERIFY(kept && kept->reveal() == canary);
        w.editor().undoStack().undo();
        QCOMPARE(w.editor().json()["providers"].size(), std::size_t{3});
    }

    void anEnvFileFillsWhatHasNoKey_data() {
        QTest::addColumn<QString>("before");
        QTest::addColumn<QString>("after");
        QTest::newRow("missing") << "env:OPENAI_API_KEY"
                                 << "session:openai";
        QTest::newRow("none") << "none"
                              << "session:openai";
        QTest::newRow("there") << "env:PATH"
                               << "env:PATH"; // any variable that is set
    }
    void anEnvFileFillsWhatHasNoKey() {
        QFETCH(QString, before);
        QFETCH(QString, after);
        World w;
        w.addPreset("openai");
        w.editor().edit("key",
                        edits::set(w.editor().json(), "/providers/3/key", before.toStdString()));
        w.page.importDotenv(writeFile(w.demo.dir, "OPENAI_API_KEY=x\n"),
                            chain::KeyRef::Source::session);
        QCOMPARE(w.editor().json()["providers"][3]["key"], chain::Json(after.toStdString()));
        QCOMPARE(w.editor().json()["providers"].size(), std::size_t{4});
    }

    void anEnvFileThatCannotBeUsed_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("says");
        QTest::newRow("nothing known") << QByteArray("A=1\n") << "no key of a known provider";
        QTest::newRow("no such form")
            << QByteArray("A=1\nsk-canary-7f3b9e1d5c8a2460\n") << "line 2";
        QTest::newRow("locked") << QByteArray("OPENAI_API_KEY=x\n") << "the keychain is locked";
    }
    void anEnvFileThatCannotBeUsed() {
        QFETCH(QByteArray, text);
        QFETCH(QString, says);
        QTemporaryDir dir;
        Stored keychain;
        keychain.locked = true;
        chain::KeyStore keys(&keychain);
        Session session(keys, {}, dir.path());
        session.editor().openUnsaved(quickDemo(), "demo");
        ChainsPage page(session);
        QSignalSpy notices(&session, &Session::notice);
        page.importDotenv(writeFile(dir, text), chain::KeyRef::Source::keychain);
        QCOMPARE(notices.count(), 1);
        QVERIFY2(notices[0][0].toString().contains(says), qPrintable(notices[0][0].toString()));
        QVERIFY(!notices[0][0].toString().contains("canary"));
        QVERIFY(notices[0][1].toBool());
        QCOMPARE(session.editor().undoStack().count(), 0);
    }

    void dark() {
        applyTheme(*qApp, ThemeMode::dark);
        World w;
        w.click("add_provider");
        w.keep("preset_picker_dark");
        applyTheme(*qApp, ThemeMode::light);
    }
};

QTEST_MAIN(TestPresetPicker)
#include "test_preset_picker.moc"
