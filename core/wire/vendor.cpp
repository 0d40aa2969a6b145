#include "wire/vendor.h"

#include "base/url.h"

#include <string>

namespace brownout::wire {

Vendor vendor_of(std::string_view url_host_or_id) {
    struct Row {
        std::string_view domain; // the host's end
        std::string_view id;     // a preset's id
        Vendor vendor;
    };
    static constexpr Row rows[] = {
        {"openai.azure.com", "azure", Vendor::azure},
        {"cognitiveservices.azure.com", "azure", Vendor::azure},
        {"api.openai.com", "openai", Vendor::openai},
        {"deepseek.com", "deepseek", Vendor::deepseek},
        {"mistral.ai", "mistral", Vendor::mistral},
        {"aliyuncs.com", "dashscope", Vendor::dashscope},
        {"aliyuncs.com", "qwen", Vendor::dashscope},
        {"bigmodel.cn", "zhipu", Vendor::zhipu},
        {"z.ai", "zai", Vendor::zhipu},
        {"openrouter.ai", "openrouter", Vendor::openrouter},
        {"groq.com", "groq", Vendor::groq},
        {"together.ai", "together", Vendor::together},
        {"together.xyz", "together", Vendor::together},
        {"x.ai", "xai", Vendor::xai},
        {"moonshot.cn", "moonshot", Vendor::moonshot},
        {"moonshot.ai", "moonshot", Vendor::moonshot},
        {"googleapis.com", "gemini", Vendor::google},
        {"portkey.ai", "portkey", Vendor::portkey},
        {"fireworks.ai", "fireworks", Vendor::fireworks},
        {"cerebras.ai", "cerebras", Vendor::cerebras},
        {"perplexity.ai", "perplexity", Vendor::perplexity},
        {"siliconflow.cn", "siliconflow", Vendor::siliconflow},
        {"siliconflow.com", "siliconflow", Vendor::siliconflow},
        {"deepinfra.com", "deepinfra", Vendor::deepinfra},
        {"novita.ai", "novita", Vendor::novita},
    };
    const std::string host = host_of(url_host_or_id.substr(0, 255));
    for (const auto& row : rows) {
        // "api.x.ai" is x.ai's, "netflix.ai" is not.
        const bool same_domain =
            host.ends_with(row.domain) &&
            (host.size() == row.domain.size() || host[host.size() - row.domain.size() - 1] == '.');
        if (host == row.id || same_domain)
            return row.vendor;
    }
    return Vendor::unknown;
}

} // namespace brownout::wire
