#include "chain/prices.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <tuple>

namespace brownout::chain {
namespace {

// LiteLLM's names for vendors that have a preset of another name.
std::string vendor_name(const std::string& provider) {
    static const std::map<std::string, std::string, std::less<>> names = {
        {"dashscope", "qwen"}, {"zai", "zhipu"},      {"together_ai", "together"},
        {"fal_ai", "fal"},     {"azure_ai", "azure"}, {"text-completion-openai", "openai"},
        {"chatgpt", "openai"}};
    const auto at = names.find(provider);
    return at == names.end() ? provider : at->second;
}

// A finite number that is not negative, however it is written.
std::optional<double> number_at(const Json& entry, const std::string& key) {
    const auto at = entry.find(key);
    if (at == entry.end())
        return {};
    double value = -1;
    if (at->is_number()) {
        value = at->get<double>();
    } else if (at->is_string()) {
        const auto& text = at->get_ref<const std::string&>();
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size())
            return {};
    }
    return std::isfinite(value) && value >= 0 ? std::optional{value} : std::nullopt;
}

std::int64_t tokens_at(const Json& entry, const std::string& key) {
    const double tokens = number_at(entry, key).value_or(0);
    return tokens < 1e10 ? static_cast<std::int64_t>(tokens) : 0;
}

// A price per token as USD per million; rounded to a picodollar, which is what money is kept in.
std::optional<double> per_mtok(const Json& entry, const std::string& key) {
    const auto price = number_at(entry, key);
    if (!price || *price > 1)
        return {};
    return std::round(*price * 1e12) / 1e6;
}

// No picture costs a million.
std::optional<double> per_picture(const Json& entry, const std::string& key) {
    const auto price = number_at(entry, key);
    return price && *price <= 1e6 ? price : std::nullopt;
}

constexpr int thresholds[] = {32, 128, 200, 256, 272, 512}; // thousand tokens

PriceTier tier_of(const Json& entry, const std::string& suffix, const Price& base) {
    PriceTier tier;
    tier.input_usd_per_mtok = per_mtok(entry, "input_cost_per_token" + suffix);
    tier.output_usd_per_mtok = per_mtok(entry, "output_cost_per_token" + suffix);
    tier.cached_input_usd_per_mtok = per_mtok(entry, "cache_read_input_token_cost" + suffix);
    // Half a tier is one whose other half does not change.
    if (!tier.input_usd_per_mtok)
        tier.input_usd_per_mtok = base.input_usd_per_mtok;
    if (!tier.output_usd_per_mtok)
        tier.output_usd_per_mtok = base.output_usd_per_mtok;
    return tier;
}

// `tiered_pricing`: rates by ranges of input tokens, from zero up; flat prices are absent then.
bool read_ranges(const Json& ranges, Price& price) {
    for (const Json& row : ranges) {
        if (!row.is_object() || !row.contains("range") || !row["range"].is_array() ||
            row["range"].empty() || !row["range"][0].is_number())
            return false;
        const auto from = row["range"][0].get<double>();
        if (!(from >= 0 && from <= 1e9))
            return false;
        const PriceTier tier = tier_of(row, "", {});
        if (from < 1) {
            price.input_usd_per_mtok = tier.input_usd_per_mtok;
            price.output_usd_per_mtok = tier.output_usd_per_mtok;
            price.cached_input_usd_per_mtok = tier.cached_input_usd_per_mtok;
        } else {
            price.tiers.push_back(tier);
            price.tiers.back().above_input_tokens = static_cast<std::int64_t>(from);
        }
    }
    const auto rising = [](const PriceTier& a, const PriceTier& b) {
        return a.above_input_tokens < b.above_input_tokens;
    };
    std::sort(price.tiers.begin(), price.tiers.end(), rising);
    const auto same = [](const PriceTier& a, const PriceTier& b) {
        return a.above_input_tokens == b.above_input_tokens;
    };
    return price.tiers.size() <= 16 &&
           std::adjacent_find(price.tiers.begin(), price.tiers.end(), same) == price.tiers.end();
}

std::optional<Price> read_entry(const Json& entry) {
    Price price;
    price.input_usd_per_mtok = per_mtok(entry, "input_cost_per_token");
    price.output_usd_per_mtok = per_mtok(entry, "output_cost_per_token");
    price.cached_input_usd_per_mtok = per_mtok(entry, "cache_read_input_token_cost");
    price.cache_write_usd_per_mtok = per_mtok(entry, "cache_creation_input_token_cost");
    price.reasoning_usd_per_mtok = per_mtok(entry, "output_cost_per_reasoning_token");
    for (const char* key : {"output_cost_per_image", "input_cost_per_image"})
        if (!price.image_usd && !price.output_usd_per_mtok)
            price.image_usd = per_picture(entry, key);
    if (const auto ranges = entry.find("tiered_pricing");
        ranges != entry.end() && ranges->is_array() && !read_ranges(*ranges, price))
        return {};
    for (const int thousand : thresholds) {
        const std::string suffix = "_above_" + std::to_string(thousand) + "k_tokens";
        if (!entry.contains("input_cost_per_token" + suffix) &&
            !entry.contains("output_cost_per_token" + suffix))
            continue;
        price.tiers.push_back(tier_of(entry, suffix, price));
        price.tiers.back().above_input_tokens = thousand * std::int64_t{1000};
    }
    return price;
}

bool priced(const Price& price) {
    return price.input_usd_per_mtok || price.output_usd_per_mtok || price.image_usd;
}

bool for_chains(const Json& entry) {
    const auto mode = entry.find("mode");
    if (mode == entry.end() || !mode->is_string())
        return true;
    const auto& word = mode->get_ref<const std::string&>();
    return word == "chat" || word == "completion" || word == "responses" ||
           word == "image_generation";
}

// "dashscope/qwen-max" of the vendor dashscope is its qwen-max.
std::string model_name(const std::string& key, const std::string& provider) {
    const std::string prefix = provider + "/";
    return key.starts_with(prefix) && key.size() > prefix.size() ? key.substr(prefix.size()) : key;
}

// "1024-x-1792" as {1024, 1792}.
std::optional<std::pair<int, int>> pixels_of(std::string_view word) {
    const auto cross = word.find("-x-");
    if (cross == word.npos)
        return {};
    const auto side = [](std::string_view digits) {
        int value = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return error == std::errc{} && end == digits.data() + digits.size() && value <= 16384
                   ? value
                   : 0;
    };
    const std::pair out{side(word.substr(0, cross)), side(word.substr(cross + 3))};
    return out.first > 0 && out.second > 0 ? std::optional{out} : std::nullopt;
}

// "hd/1024-x-1792/dall-e-3" and "1024-x-1024/50-steps/sdxl": a picture by quality and size.
struct SizedName {
    std::string quality, model;
    int width = 0, height = 0;
};
std::optional<SizedName> sized_name(const std::string& name) {
    SizedName out;
    std::string_view rest = name;
    const auto word = [&] {
        const auto slash = rest.find('/');
        const std::string_view first = rest.substr(0, slash);
        rest = slash == rest.npos ? std::string_view{} : rest.substr(slash + 1);
        return first;
    };
    std::string_view first = word();
    auto pixels = pixels_of(first);
    if (!pixels) {
        out.quality = first;
        pixels = pixels_of(word());
    }
    if (!pixels)
        return {};
    if (const auto next = rest.substr(0, rest.find('/')); next.ends_with("-steps"))
        out.quality = word();
    out.model = rest;
    std::tie(out.width, out.height) = *pixels;
    return out.model.empty() ? std::nullopt : std::optional{out};
}

// Of one picture of this size, however the entry says it; of pixels, to a millionth of a dollar.
std::optional<double> price_of_size(const Json& entry, const SizedName& name) {
    for (const char* key : {"output_cost_per_image", "input_cost_per_image"})
        if (const auto price = per_picture(entry, key); price && *price > 0)
            return price;
    for (const char* key : {"output_cost_per_pixel", "input_cost_per_pixel"}) {
        const double usd = number_at(entry, key).value_or(0) * name.width * name.height;
        if (usd > 0 && usd <= 1e6)
            return usd > 1e-5 ? std::round(usd * 1e6) / 1e6 : usd;
    }
    return {};
}

// Rows of one model, gathered before they go into the table.
using Sized = std::map<std::pair<std::string, std::string>, std::vector<ImageTier>>;

// What is sold without a word about it: standard or medium, 1024 by 1024; else the dearest.
double usual_of(const std::vector<ImageTier>& tiers) {
    double dearest = 0;
    for (const ImageTier& tier : tiers) {
        if (tier.size == "1024x1024" &&
            (tier.quality.empty() || tier.quality == "standard" || tier.quality == "medium"))
            return tier.image_usd;
        dearest = std::max(dearest, tier.image_usd);
    }
    return dearest;
}

void add_sized(Sized sized, const std::string& file, const std::string& date, PriceTable& table) {
    for (auto& [key, tiers] : sized) {
        PricedModel row;
        if (const PricedModel* bare = table.find(key.first, key.second))
            row = *bare;
        row.vendor = key.first;
        row.model = key.second;
        if (!row.price.image_usd)
            row.price.image_usd = usual_of(tiers);
        constexpr std::size_t most = 64;
        tiers.resize(std::min(tiers.size(), most));
        row.price.image_tiers = std::move(tiers);
        row.source = file;
        row.date = date;
        table.add(std::move(row));
    }
}

} // namespace

Result<PriceImport> import_litellm_prices(std::string_view text, const std::string& file,
                                          const std::string& date) {
    const auto json = parse_json(text, file);
    if (!json)
        return fail(json.error());
    if (!json->is_object())
        return bad_input(file, "expected an object from model to price",
                         "take LiteLLM's model_prices_and_context_window.json");
    PriceImport out;
    Sized sized;
    const auto skip = [&](const std::string& key, const char* why) {
        if (out.skipped_count++ < 20)
            out.skipped.push_back(key.substr(0, 80) + ": " + why);
    };
    for (const auto& [key, entry] : json->items()) {
        // An example, routing rules, and a mirror's time stamp stand among the models.
        if (key == "sample_spec" || key == "fallback_generalizations" || key == "last_updated")
            continue;
        ++out.entries;
        if (!entry.is_object()) {
            skip(key, "not an object");
            continue;
        }
        const auto provider = entry.find("litellm_provider");
        if (key.empty() || provider == entry.end() || !provider->is_string() ||
            provider->get_ref<const std::string&>().empty()) {
            skip(key, "no name or no litellm_provider");
            continue;
        }
        if (!for_chains(entry)) {
            ++out.other_kinds;
            continue;
        }
        const auto& name = provider->get_ref<const std::string&>();
        if (const auto picture = sized_name(model_name(key, name))) {
            const auto usd = price_of_size(entry, *picture);
            out.unpriced += usd ? 0 : 1;
            if (usd)
                sized[{vendor_name(name), picture->model}].push_back(
                    {picture->quality,
                     std::to_string(picture->width) + "x" + std::to_string(picture->height), *usd});
            continue;
        }
        const auto price = read_entry(entry);
        if (!price) {
            skip(key, "its tiers make no sense");
            continue;
        }
        if (!priced(*price)) {
            ++out.unpriced;
            continue;
        }
        PricedModel row;
        row.vendor = vendor_name(name);
        row.model = model_name(key, name);
        row.price = *price;
        row.context_tokens = tokens_at(entry, "max_input_tokens");
        row.max_output_tokens = tokens_at(entry, "max_output_tokens");
        row.source = file;
        row.date = date;
        out.table.add(std::move(row));
    }
    add_sized(std::move(sized), file, date, out.table);
    if (out.table.rows().empty())
        return bad_input(file, "no entry with a price",
                         "take LiteLLM's model_prices_and_context_window.json");
    return out;
}

} // namespace brownout::chain
