#include "live/lab_dialect.h"

namespace brownout::live {

std::string LabDialect::error_event(const LabError& error) const {
    return "data: " + this->error(error).body + "\n\n";
}

const LabDialect* lab_dialect(chain::Dialect which, wire::Vendor vendor) {
    switch (which) {
    case chain::Dialect::openai:
        return &openai_lab(vendor);
    case chain::Dialect::azure:
        return &openai_lab(wire::Vendor::azure);
    case chain::Dialect::anthropic:
        return &anthropic_lab();
    case chain::Dialect::gemini:
        return &gemini_lab();
    case chain::Dialect::fal:
        return &fal_lab();
    case chain::Dialect::nexaapi:
        return &nexaapi_lab();
    case chain::Dialect::replicate:
        return &replicate_lab();
    case chain::Dialect::stability:
        return &stability_lab();
    }
    return nullptr;
}

} // namespace brownout::live
