// The model of a target: completed from the price table, with the price, its source and its date
// beside it; what is not known is said.
#include "ui/chains_world.h"

#include "ui/models/model_list.h"
#include "ui/models/price_text.h"

#include <QAction>
#include <QCompleter>

using namespace brownout;
using namespace brownout::ui;

namespace {

chain::Provider at(const char* url, chain::Dialect dialect = chain::Dialect::openai) {
    chain::Provider p;
    p.id = "p";
    p.base_url = url;
    p.dialect = dialect;
    return p;
}

QStringList models(const ModelListModel& model) {
    QStringList out;
    for (int i = 0; i < model.rowCount(); ++i)
        out << model.index(i).data().toString();
    return out;
}

} // namespace

class TestModelCompletion : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::light); }
    void init() { failOnAnyWarning(); }

    void theListFollowsTheVendor() {
        ModelListModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto& prices = chain::builtin_prices();
        model.setOffered(at("https://api.deepseek.com"), prices);
        QCOMPARE(models(model), QStringList({"deepseek-chat", "deepseek-reasoner",
                                             "deepseek-v4-flash", "deepseek-v4-pro"}));
        QCOMPARE(model.index(0).data(ModelListModel::priceRole).toString(),
                 QString("0.28 / 0.42 USD per million tokens in / out · 2026-07-24"));
        model.setOffered(at("https://fal.run", chain::Dialect::fal), prices); // pictures
        QVERIFY(models(model).contains("fal-ai/flux/schnell"));
        QVERIFY(model.index(0)
                    .data(ModelListModel::priceRole)
                    .toString()
                    .contains("USD per picture · 2026-07-24"));
        model.setOffered(at("https://api.openai.com/v1"), prices);
        QVERIFY(models(model).contains("gpt-image-1") && models(model).contains("gpt-5-mini"));
        model.setOffered(at("https://openrouter.ai/api/v1"), prices);
        QCOMPARE(model.rowCount(), 0);
        model.setOffered(at("lab:"), prices);
        QVERIFY(models(model).contains("claude-haiku-4-5") && models(model).contains("gpt-5-mini"));
    }

    void notes_data() {
        QTest::addColumn<QString>("url");
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("own"); // the document's input price; empty: none
        QTest::addColumn<QString>("begins");
        QTest::addColumn<QString>("holds");
        const QString source = "Source: LiteLLM model_prices_and_context_window.json (MIT), "
                               "2026-07-24";
        QTest::newRow("known") << "https://api.openai.com/v1"
                               << "gpt-5-mini"
                               << ""
                               << "0.25 / 2.00 USD per million tokens in / out. Context 272,000 "
                                  "tokens."
                               << source;
        QTest::newRow("tiers") << "https://api.openai.com/v1"
                               << "gpt-5.4"
                               << ""
                               << "2.50 / 15.00 USD per million tokens in / out. Above 272,000 "
                                  "input tokens 5.00 / 22.50."
                               << source;
        QTest::newRow("picture") << "https://fal.run"
                                 << "fal-ai/flux/schnell"
                                 << ""
                                 << "0.003 USD per picture."
                                 << "2026-07-24.";
        QTest::newRow("picture by size") << "https://api.openai.com/v1"
                                         << "dall-e-3"
                                         << ""
                                         << "0.04 to 0.12 USD per picture. 0.04 USD where nothing "
                                            "else is asked for: standard, 1024x1024."
                                         << "2026-07-24.";
        QTest::newRow("its own price") << "https://api.openai.com/v1"
                                       << "gpt-5-mini"
                                       << "7"
                                       << "7.00 / unknown USD per million tokens in / out, as this "
                                          "document says."
                                       << "The price table of 2026-07-24 says 0.25 / 2.00 USD";
        QTest::newRow("no such model") << "https://api.openai.com/v1"
                                       << "gpt-99"
                                       << ""
                                       << "Price unknown: the price table has no such model"
                                       << "prices import";
        QTest::newRow("no prices of this provider")
            << "https://openrouter.ai/api/v1"
            << "openai/gpt-4o"
            << ""
            << "Price unknown: the price table has no prices of this provider"
            << "prices import";
    }
    void notes() {
        QFETCH(QString, url);
        QFETCH(QString, model);
        QFETCH(QString, own);
        QFETCH(QString, begins);
        QFETCH(QString, holds);
        std::optional<chain::Price> price;
        if (!own.isEmpty()) {
            price.emplace();
            price->input_usd_per_mtok = own.toDouble();
        }
        const QString note =
            priceNote(at(qPrintable(url)), model.toStdString(), price, chain::builtin_prices());
        QVERIFY2(note.startsWith(begins), qPrintable(note));
        QVERIFY2(note.contains(holds), qPrintable(note));
    }

    void dates_data() {
        QTest::addColumn<QString>("source");
        QTest::addColumn<QString>("date");
        QTest::newRow("last of several") << "LiteLLM (MIT), 2026-07-24; pictures: July, 2026-07-24"
                                         << "2026-07-24";
        QTest::newRow("none") << "somebody"
                              << "";
        QTest::newRow("a word") << "somebody, today"
                                << "";
    }
    void dates() {
        QFETCH(QString, source);
        QFETCH(QString, date);
        QCOMPARE(priceDate(source.toStdString()), date);
    }

    void typingOffersAndChoosingWrites() {
        World w;
        QVERIFY(QTest::qWaitForWindowActive(&w.page));
        w.addPreset("gemini");
        Q_EMIT w.flow().selected(3);
        auto* field = child<QLineEdit>(w.page, "field_model");
        field->setFocus();
        field->selectAll();
        QTest::keyClicks(field, "flash-image");
        auto* popup = field->completer()->popup();
        QTRY_VERIFY(popup->isVisible());
        QCOMPARE(field->completer()->completionCount(), 1);
        QTest::keyClick(popup, Qt::Key_Down);
        QTest::keyClick(popup, Qt::Key_Return);
        QCOMPARE(w.editor().json()["chains"][0]["targets"][3]["model"],
                 chain::Json("gemini-2.5-flash-image"));
        QCOMPARE(field->text(), QString("gemini-2.5-flash-image"));
        auto* note = child<QLabel>(w.page, "field_model_note");
        QVERIFY2(note->text().startsWith("0.039 USD per picture."), qPrintable(note->text()));
        QVERIFY(note->isVisibleTo(&w.page));
        QCOMPARE(w.flow().card(3)->view().price,
                 QString("0.039 USD per picture (price table, 2026-07-24) · quality 1.00"));
        w.keep("model_note");
    }

    void allModelsOnRequest() {
        World w;
        QVERIFY(QTest::qWaitForWindowActive(&w.page));
        w.addPreset("deepseek");
        Q_EMIT w.flow().selected(3);
        auto* field = child<QLineEdit>(w.page, "field_model");
        field->setFocus();
        QTest::keyClick(field, Qt::Key_Down);
        QTRY_VERIFY(field->completer()->popup()->isVisible());
        QCOMPARE(field->completer()->completionCount(), 4);
        QTest::qWait(60);
        keepPicture(*field->completer()->popup(), "model_list");
        QTest::keyClick(field->completer()->popup(), Qt::Key_Escape);
        QCOMPARE(w.editor().json()["chains"][0]["targets"][3]["model"],
                 chain::Json("deepseek-chat"));
        QCOMPARE(w.editor().undoStack().count(), 1);
    }

    void anImportedTableCounts() {
        World w;
        chain::PriceTable prices = chain::builtin_prices();
        chain::PricedModel row;
        row.vendor = "deepseek";
        row.model = "deepseek-next";
        row.price.input_usd_per_mtok = 0.5;
        row.price.output_usd_per_mtok = 1;
        row.source = "LiteLLM, imported from prices.json";
        row.date = "2026-11-20";
        prices.add(row);
        w.editor().setPrices(prices);
        w.addPreset("deepseek");
        Q_EMIT w.flow().selected(3);
        w.type("field_model", "deepseek-next");
        const QString note = child<QLabel>(w.page, "field_model_note")->text();
        QVERIFY2(note.startsWith("0.50 / 1.00 USD") &&
                     note.endsWith("Source: LiteLLM, imported from prices.json, 2026-11-20."),
                 qPrintable(note));
        w.type("field_model", "deepseek-unheard-of");
        QVERIFY(child<QLabel>(w.page, "field_model_note")->text().startsWith("Price unknown"));
        QVERIFY(w.flow().card(3)->view().price.startsWith("price unknown"));
    }
};

QTEST_MAIN(TestModelCompletion)
#include "test_model_completion.moc"
