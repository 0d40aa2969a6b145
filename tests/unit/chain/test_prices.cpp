// The price table: what is found for whom, and LiteLLM's file with its oddities.
#include "chain/prices.h"

#include "chain/presets.h"

#include <QtTest>

#include <set>

using namespace brownout;
using namespace brownout::chain;

namespace {

Provider provider(std::string id, std::string url, Dialect dialect = Dialect::openai) {
    Provider p;
    p.id = std::move(id);
    p.base_url = std::move(url);
    p.dialect = dialect;
    return p;
}

PricedModel imported(const char* json, const char* vendor, const char* model) {
    const auto read = import_litellm_prices(json, "prices.json", "2026-11-20");
    if (!read)
        qFatal("%s", read.error().text().c_str());
    const PricedModel* row = read->table.find(vendor, model);
    return row ? *row : PricedModel{};
}

} // namespace

class TestPrices : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void builtin_table() {
        const auto rows = builtin_prices().rows();
        QVERIFY(rows.size() > 80);
        for (const PricedModel& row : rows) {
            const auto name = QByteArray::fromStdString(row.vendor + "/" + row.model);
            QVERIFY2(!row.source.empty() && row.date.size() == 10, name);
            QVERIFY2(row.price.input_usd_per_mtok || row.price.image_usd, name);
            std::int64_t last = 0;
            for (const PriceTier& tier : row.price.tiers) {
                QVERIFY2(tier.above_input_tokens > last, name);
                last = tier.above_input_tokens;
            }
        }
    }

    // The same figures as the published file, where that is at hand.
    void builtin_table_is_the_published_one() {
        const QString path = QFINDTESTDATA("../../../../shared/data/prices_2026-07-24.csv");
        if (path.isEmpty())
            QSKIP("the published table is not here");
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        int rows = 0;
        for (const QByteArray& line : file.readAll().split('\n').mid(1)) {
            const auto cells = line.split(',');
            if (cells.size() < 8 || cells[1].isEmpty())
                continue;
            const std::string key = cells[0].toStdString();
            const std::string model = key.substr(key.find('/') + 1); // npos + 1 is 0
            const PricedModel* found = nullptr;
            for (const PricedModel& row : builtin_prices().rows())
                if (row.model == model)
                    found = &row;
            QVERIFY2(found, cells[0]);
            QCOMPARE(*found->price.input_usd_per_mtok, cells[1].toDouble());
            QCOMPARE(*found->price.output_usd_per_mtok, cells[2].toDouble());
            QCOMPARE(found->price.cached_input_usd_per_mtok.value_or(0), cells[3].toDouble());
            ++rows;
        }
        QCOMPARE(rows, 66);
    }

    void lookup_data() {
        QTest::addColumn<QString>("url");
        QTest::addColumn<QString>("model");
        QTest::addColumn<double>("input"); // below zero: unknown
        QTest::newRow("vendor") << "https://api.openai.com/v1"
                                << "gpt-5-mini" << 0.25;
        QTest::newRow("vendor, port") << "https://api.openai.com:443/v1"
                                      << "gpt-5-mini" << 0.25;
        QTest::newRow("another vendor's model at a vendor") << "https://api.openai.com/v1"
                                                            << "claude-haiku-4-5" << -1.0;
        QTest::newRow("snapshot of a model") << "https://api.openai.com/v1"
                                             << "gpt-5-mini-2025-08-07" << -1.0;
        QTest::newRow("gateway") << "https://openrouter.ai/api/v1"
                                 << "gpt-5-mini" << -1.0;
        QTest::newRow("a company's proxy") << "https://llm.example.com/v1"
                                           << "gpt-5-mini" << 0.25;
        QTest::newRow("simulated") << "lab:"
                                   << "claude-haiku-4-5" << 1.0;
        QTest::newRow("nobody's model") << "lab:"
                                        << "my-own" << -1.0;
    }
    void lookup() {
        QFETCH(QString, url);
        QFETCH(QString, model);
        QFETCH(double, input);
        const PricedModel* row =
            builtin_prices().find(provider("p", url.toStdString()), model.toStdString());
        QCOMPARE(row ? *row->price.input_usd_per_mtok : -1.0, input);
    }

    void filled_in_memory_only() {
        const char* text = R"({"format": "brownout.chain/1", "name": "t",
            "providers": [{"id": "a", "base_url": "https:\/\/api.openai.com/v1", "key": "env:K",
                           "dialect": "openai"}],
            "chains": [{"id": "default", "targets": [
              {"provider": "a", "model": "gpt-5-mini"}, {"provider": "a", "model": "unheard-of"},
              {"provider": "a", "model": "gpt-5-nano", "price": {"input_usd_per_mtok": 9}}]}]})";
        auto read = read_document_text(text, "t");
        QVERIFY(read.ok());
        fill_prices(*read.value, builtin_prices());
        const auto& targets = read.value->chains[0].targets;
        QCOMPARE(*targets[0].price->input_usd_per_mtok, 0.25);
        QVERIFY(targets[0].price_source.find("2026-07-24") != std::string::npos);
        QCOMPARE(*targets[0].context_tokens, 272000);
        QVERIFY(!targets[1].price);
        QCOMPARE(*targets[2].price->input_usd_per_mtok, 9.0);
        QVERIFY(targets[2].price_source.empty());
    }

    // NexaAPI's `auto` costs what the model costs that it stands for.
    void filled_by_translation_data() {
        QTest::addColumn<QString>("before");
        QTest::addColumn<QString>("as"); // empty: unknown
        QTest::newRow("FAL") << "fal-ai/flux/schnell"
                             << "flux-schnell";
        QTest::newRow("no counterpart") << "fal-ai/aura-flow"
                                        << "";
    }
    void filled_by_translation() {
        QFETCH(QString, before);
        QFETCH(QString, as);
        QByteArray text = R"({"format": "brownout.chain/1", "name": "t",
            "providers": [{"id": "f", "base_url": "https:\/\/fal.run", "key": "env:F",
                           "dialect": "fal"},
                          {"id": "n", "base_url": "https:\/\/api.nexaapi.com/v1", "key": "env:N",
                           "dialect": "nexaapi"}],
            "chains": [{"id": "default", "task": "image", "targets": [
              {"provider": "f", "model": "BEFORE"}, {"provider": "n", "model": "auto"}]}],
            "policy": {"budget": {"per_request_usd": 0.01}}})";
        text.replace("BEFORE", before.toUtf8());
        auto read = read_document_text(text.toStdString(), "t");
        QVERIFY(read.ok());
        fill_prices(*read.value, builtin_prices());
        const Target& translated = read.value->chains[0].targets[1];
        QCOMPARE(translated.price.has_value(), !as.isEmpty());
        QCOMPARE(compile(*read.value).setup.targets[1].price.known, !as.isEmpty());
        if (as.isEmpty())
            return;
        QCOMPARE(*translated.price->image_usd, 0.003);
        QVERIFY(translated.price_source.starts_with("as " + as.toStdString() + ": "));
        QVERIFY(translated.price_source.ends_with("2026-07-24"));
    }

    // What makes pictures can be asked for one wherever the table prices it by the picture.
    void pictures_are_makers() {
        for (const PricedModel& row : builtin_prices().rows()) {
            const ProviderPreset* preset = nullptr;
            for (const ProviderPreset& one : provider_presets())
                preset = one.id == row.vendor ? &one : preset;
            QVERIFY2(preset, row.vendor.c_str());
            if (row.price.image_usd)
                QVERIFY2(
                    usual_capabilities(preset->dialect, row.model).has(engine::Capabilities::image),
                    row.model.c_str());
            else
                QVERIFY2(!usual_capabilities(preset->dialect, row.model)
                              .has(engine::Capabilities::image),
                         row.model.c_str());
        }
    }

    void litellm_data() {
        QTest::addColumn<QString>("json");
        QTest::addColumn<QString>("vendor");
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("price");
        const auto row = [](const char* name, const char* json, const char* vendor,
                            const char* model, const char* price) {
            QTest::newRow(name) << json << vendor << model << price;
        };
        row("bare name",
            R"({"gpt-5": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1.25e-06,
                "output_cost_per_token": 1e-05, "cache_read_input_token_cost": 1.25e-07}})",
            "openai", "gpt-5",
            R"({"input_usd_per_mtok":1.25,"output_usd_per_mtok":10.0,"cached_input_usd_per_mtok":0.125})");
        row("prefix, and a vendor that we call otherwise",
            R"({"zai/glm-5": {"litellm_provider": "zai", "input_cost_per_token": 1e-06,
                "output_cost_per_token": 3.2e-06}})",
            "zhipu", "glm-5", R"({"input_usd_per_mtok":1.0,"output_usd_per_mtok":3.2})");
        row("number as text", R"({"m": {"litellm_provider": "x", "input_cost_per_token": "2e-6"}})",
            "x", "m", R"({"input_usd_per_mtok":2.0})");
        row("threshold",
            R"({"m": {"litellm_provider": "x", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6,
                "input_cost_per_token_above_200k_tokens": 3e-6,
                "input_cost_per_token_above_200k_tokens_priority": 9e-6}})",
            "x", "m",
            R"({"input_usd_per_mtok":1.0,"output_usd_per_mtok":2.0,"tiers":[{"above_input_tokens":200000,"input_usd_per_mtok":3.0,"output_usd_per_mtok":2.0}]})");
        row("ranges",
            R"({"dashscope/q": {"litellm_provider": "dashscope", "tiered_pricing": [
                {"range": [0, 256000.0], "input_cost_per_token": 5e-8, "output_cost_per_token": 4e-7},
                {"range": [256000.0, 1000000.0], "input_cost_per_token": 2.5e-7, "output_cost_per_token": 2e-6}]}})",
            "qwen", "q",
            R"({"input_usd_per_mtok":0.05,"output_usd_per_mtok":0.4,"tiers":[{"above_input_tokens":256000,"input_usd_per_mtok":0.25,"output_usd_per_mtok":2.0}]})");
        row("picture",
            R"({"d": {"litellm_provider": "openai", "mode": "image_generation", "output_cost_per_image": 0.04}})",
            "openai", "d", R"({"image_usd":0.04})");
        row("picture, OpenAI's key",
            R"({"d": {"litellm_provider": "openai", "mode": "image_generation", "input_cost_per_image": 0.08}})",
            "openai", "d", R"({"image_usd":0.08})");
        row("picture by size and quality, a word without a price",
            R"({"hd/1024-x-1792/d": {"litellm_provider": "openai", "mode": "image_generation",
                                     "input_cost_per_pixel": 6.539e-08, "output_cost_per_pixel": 0.0},
                "standard/1024-x-1024/d": {"litellm_provider": "openai", "mode": "image_generation",
                                           "input_cost_per_image": 0.04},
                "low/1024-x-1024/d": {"litellm_provider": "openai", "mode": "image_generation"}})",
            "openai", "d",
            R"({"image_usd":0.04,"image_tiers":[{"quality":"hd","size":"1024x1792","image_usd":0.119991},)"
            R"({"quality":"standard","size":"1024x1024","image_usd":0.04}]})");
        row("picture by steps, and a prefix",
            R"({"azure/512-x-512/50-steps/s": {"litellm_provider": "azure", "output_cost_per_image": 0.018},
                "azure/1024-x-1024/s": {"litellm_provider": "azure", "output_cost_per_image": 0.06}})",
            "azure", "s",
            R"({"image_usd":0.06,"image_tiers":[{"quality":"50-steps","size":"512x512","image_usd":0.018},)"
            R"({"size":"1024x1024","image_usd":0.06}]})");
        row("a size beside the model itself",
            R"({"g": {"litellm_provider": "openai", "input_cost_per_token": 5e-06},
                "high/1024-x-1024/g": {"litellm_provider": "openai", "input_cost_per_image": 0.167}})",
            "openai", "g",
            R"({"input_usd_per_mtok":5.0,"image_usd":0.167,"image_tiers":[)"
            R"({"quality":"high","size":"1024x1024","image_usd":0.167}]})");
        row("no size", R"({"a-x-b/m": {"litellm_provider": "x", "output_cost_per_image": 0.02}})",
            "x", "a-x-b/m", R"({"image_usd":0.02})");
        row("free is a price",
            R"({"zai/f": {"litellm_provider": "zai", "input_cost_per_token": 0, "output_cost_per_token": 0.0}})",
            "zhipu", "f", R"({"input_usd_per_mtok":0.0,"output_usd_per_mtok":0.0})");
    }
    void litellm() {
        QFETCH(QString, json);
        QFETCH(QString, vendor);
        QFETCH(QString, model);
        QFETCH(QString, price);
        const PricedModel row = imported(json.toUtf8(), vendor.toUtf8(), model.toUtf8());
        QCOMPARE(QString::fromStdString(to_json(row.price).dump()), price);
    }

    void litellm_oddities() {
        const auto read = import_litellm_prices(
            R"({"sample_spec": {"litellm_provider": "one of ...", "input_cost_per_token": 0},
                "fallback_generalizations": {"rules": []}, "last_updated": "2026-07-24T18:23Z",
                "text": "not an object", "nobody": {"input_cost_per_token": 1e-6},
                "voice": {"litellm_provider": "openai", "mode": "audio_speech", "input_cost_per_character": 1e-5},
                "unpriced": {"litellm_provider": "openai", "mode": "chat"},
                "dear": {"litellm_provider": "x", "mode": "image_generation", "output_cost_per_image": 1e43},
                "no vendor": {"litellm_provider": "", "input_cost_per_token": 1e-6},
                "negative": {"litellm_provider": "openai", "input_cost_per_token": -1},
                "bad tiers": {"litellm_provider": "x", "tiered_pricing": [{"range": "0-9"}]},
                "good": {"litellm_provider": "openai", "input_cost_per_token": 1e-6,
                         "max_input_tokens": 2000000.0, "max_output_tokens": "8192"}})",
            "prices.json", "2026-11-20");
        QVERIFY(read);
        QCOMPARE(read->table.rows().size(), std::size_t{1});
        QCOMPARE(read->table.rows()[0].context_tokens, 2000000);
        QCOMPARE(read->table.rows()[0].max_output_tokens, 8192);
        QCOMPARE(read->entries, std::size_t{9});
        QCOMPARE(read->skipped_count, std::size_t{4}); // text, nobody, no vendor, bad tiers
        QCOMPARE(read->unpriced, std::size_t{3});
        QCOMPARE(read->other_kinds, std::size_t{1});
    }

    void litellm_refused_data() {
        QTest::addColumn<QString>("text");
        QTest::newRow("no JSON") << "{";
        QTest::newRow("no object") << "[1]";
        QTest::newRow("nothing in it") << "{}";
        QTest::newRow("another format") << R"({"format": "brownout.chain/1", "name": "x"})";
    }
    void litellm_refused() {
        QFETCH(QString, text);
        const auto read = import_litellm_prices(text.toStdString(), "prices.json", "2026-11-20");
        QVERIFY(!read);
        QVERIFY(read.error().kind == Error::Kind::bad_input);
    }

    void laid_over() {
        QTemporaryDir folder;
        const std::string path = folder.filePath("prices.json").toStdString();
        QCOMPARE(load_prices(path).value->rows().size(), builtin_prices().rows().size());
        PriceTable over;
        PricedModel row;
        row.vendor = "openai";
        row.model = "gpt-5";
        row.price.input_usd_per_mtok = 7;
        over.add(row);
        QVERIFY(write_file_atomically(path, pretty_json(to_json(over, "mine", "2026-11-21"))));
        const auto loaded = load_prices(path);
        QVERIFY(loaded.problems.empty());
        QCOMPARE(loaded.value->rows().size(), builtin_prices().rows().size());
        QCOMPARE(*loaded.value->find("openai", "gpt-5")->price.input_usd_per_mtok, 7.0);
        QCOMPARE(loaded.value->find("openai", "gpt-5")->date, std::string{"2026-11-21"});

        QVERIFY(write_file_atomically(path, "{\"format\": \"brownout.prices/1\", \"modells\": 1}"));
        const auto broken = load_prices(path);
        QVERIFY(!broken.problems.empty());
        QCOMPARE(broken.value->rows().size(), builtin_prices().rows().size());
    }

    void modelsAreOfferedByVendor_data() {
        QTest::addColumn<QString>("url");
        QTest::addColumn<QString>("first");
        QTest::addColumn<bool>("others"); // models of other vendors, too
        QTest::newRow("a vendor") << "https://api.deepseek.com"
                                  << "deepseek-chat" << false;
        QTest::newRow("pictures") << "https://fal.run"
                                  << "fal-ai/flux-2-pro" << false;
        QTest::newRow("a gateway without prices") << "https://openrouter.ai/api/v1"
                                                  << "" << false;
        QTest::newRow("simulated") << "lab:"
                                   << "claude-fable-5" << true;
        QTest::newRow("a proxy") << "https://proxy.example.com/v1"
                                 << "claude-fable-5" << true;
    }
    void modelsAreOfferedByVendor() {
        QFETCH(QString, url);
        QFETCH(QString, first);
        QFETCH(bool, others);
        const Provider p = provider("x", url.toStdString());
        const auto offered = builtin_prices().offered(p);
        QCOMPARE(offered.empty() ? QString() : QString::fromStdString(offered[0]->model), first);
        std::set<std::string> vendors;
        for (const PricedModel* row : offered) {
            vendors.insert(row->vendor);
            QCOMPARE(builtin_prices().find(p, row->model), row); // priced as it is offered
        }
        QCOMPARE(vendors.size() > 1, others);
    }

    // What Add provider proposes: a model for each, and a price for each usual one.
    void presetsBeginWithAModel() {
        std::set<std::string> letters;
        for (const ProviderPreset& preset : provider_presets()) {
            const auto name = QByteArray::fromStdString(preset.id);
            QVERIFY2(!preset.first_model.empty(), name);
            QVERIFY2(preset.glyph.letters.size() == 2, name);
            QVERIFY2(letters.insert(preset.glyph.letters).second, name); // no two alike
            if (!preset.usual_model.empty())
                QVERIFY2(builtin_prices().find(preset.id, preset.usual_model), name);
            Provider made = provider(preset.id + "-2", preset.base_url, preset.dialect);
            if (!preset.key_env.empty() && preset.id != "litellm" && preset.id != "azure")
                QVERIFY2(preset_of(made) == &preset, name);
        }
        QVERIFY(!preset_of(provider("openai", "lab:"))); // simulated, whatever it is called
    }
};

QTEST_APPLESS_MAIN(TestPrices)
#include "test_prices.moc"
