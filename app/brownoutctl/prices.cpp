// prices: what known models cost. The table is built in; LiteLLM's can be imported over it.
#include "chain/prices.h"
#include "app/brownoutctl/context.h"
#include "app/common/user_files.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>

namespace brownout::ctl {
namespace {

std::string usd_or_unknown(const std::optional<double>& value) {
    if (!value)
        return "unknown";
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", *value);
    return text;
}

std::string today() {
    const auto day = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    const std::chrono::year_month_day date{day};
    char text[16];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return text;
}

std::string line(const chain::PricedModel& row) {
    const chain::Price& p = row.price;
    char head[160];
    std::snprintf(head, sizeof head, "%-10s  %-36s  ", row.vendor.c_str(), row.model.c_str());
    std::string out = head;
    if (p.input_usd_per_mtok || p.output_usd_per_mtok)
        out += usd_or_unknown(p.input_usd_per_mtok) + " in, " +
               usd_or_unknown(p.output_usd_per_mtok) + " out";
    if (p.cached_input_usd_per_mtok)
        out += ", " + usd_or_unknown(p.cached_input_usd_per_mtok) + " cached";
    if (p.image_usd)
        out += (out.back() == ' ' ? "" : ", ") + usd_or_unknown(p.image_usd) + " a picture";
    for (const chain::ImageTier& tier : p.image_tiers)
        out += "; " + tier.quality + (tier.quality.empty() || tier.size.empty() ? "" : " ") +
               tier.size + " " + usd_or_unknown(tier.image_usd);
    for (const chain::PriceTier& tier : p.tiers)
        out += "; above " + std::to_string(tier.above_input_tokens) + " input tokens " +
               usd_or_unknown(tier.input_usd_per_mtok) + " in, " +
               usd_or_unknown(tier.output_usd_per_mtok) + " out";
    if (!row.note.empty())
        out += " (" + row.note + ")";
    return out + "  [" + row.date + "]\n";
}

int list_prices(Context& context, const std::string& filter) {
    const auto table = chain::load_prices(app::prices_path());
    context.print(table.problems);
    chain::Json models = chain::Json::array();
    std::size_t shown = 0;
    for (const chain::PricedModel& row : table.value->rows()) {
        if ((row.vendor + "/" + row.model).find(filter) == std::string::npos)
            continue;
        ++shown;
        if (!context.json) {
            context.out(line(row));
            continue;
        }
        chain::Json out = {{"vendor", row.vendor},
                           {"model", row.model},
                           {"price", chain::to_json(row.price)},
                           {"source", row.source},
                           {"date", row.date}};
        if (row.context_tokens > 0)
            out["context_tokens"] = row.context_tokens;
        if (!row.note.empty())
            out["note"] = row.note;
        models.push_back(std::move(out));
    }
    if (context.json)
        context.out_json(
            {{"unit", "USD per million tokens; image_usd per picture"}, {"models", models}});
    else if (shown == 0)
        context.say("no model matches \"" + filter +
                    "\": its price is unknown until a chain's "
                    "`price` or `prices import FILE` gives it");
    else
        context.say(std::to_string(shown) + " models, USD per million tokens");
    return exit_done;
}

int import(Context& context, const std::string& file) {
    const std::string path = app::prices_path();
    if (path.empty())
        return context.fail({Error::Kind::environment, "prices", "there is no home directory",
                             "Set HOME, XDG_DATA_HOME or BROWNOUT_PRICES"});
    const auto text = chain::read_file(file);
    if (!text)
        return context.fail(text.error());
    const std::string date = today();
    const auto read = chain::import_litellm_prices(*text, file, date);
    if (!read)
        return context.fail(read.error());
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    const std::string source =
        "LiteLLM, imported from " + std::filesystem::path(file).filename().string();
    const auto written = chain::write_file_atomically(
        path, chain::pretty_json(chain::to_json(read->table, source, date)));
    if (!written)
        return context.fail(written.error());
    for (const std::string& why : read->skipped)
        context.say("skipped " + why);
    if (read->skipped_count > read->skipped.size())
        context.say("and " + std::to_string(read->skipped_count - read->skipped.size()) +
                    " more were skipped");
    const std::size_t imported = read->table.rows().size();
    if (context.json)
        context.out_json({{"imported", imported},
                          {"entries", read->entries},
                          {"without_a_price", read->unpriced},
                          {"other_kinds", read->other_kinds},
                          {"skipped", read->skipped_count},
                          {"file", path}});
    else
        context.out("imported " + std::to_string(imported) + " of " +
                    std::to_string(read->entries) + " entries to " + path + "; " +
                    std::to_string(read->unpriced) + " have no price and stay unknown, " +
                    std::to_string(read->other_kinds) + " are no chat or picture models, " +
                    std::to_string(read->skipped_count) + " were skipped\n");
    return exit_done;
}

} // namespace

void add_prices(CLI::App& app, Context& context, int& code) {
    auto* command = app.add_subcommand("prices", "What known models cost");
    command->require_subcommand(1);

    auto* list_command = command->add_subcommand("list", "The price table");
    auto filter = std::make_shared<std::string>();
    list_command->add_option("MODEL", *filter, "Only vendors and models with this in their name");
    context.add_common(*list_command);
    list_command->callback([&context, &code, filter] { code = list_prices(context, *filter); });

    auto* import_command = command->add_subcommand(
        "import", "Lay LiteLLM's model_prices_and_context_window.json over the table");
    auto file = std::make_shared<std::string>();
    import_command->add_option("FILE", *file, "The JSON file")->required();
    context.add_common(*import_command);
    import_command->callback([&context, &code, file] { code = import(context, *file); });
}

} // namespace brownout::ctl
