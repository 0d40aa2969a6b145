// What the vendors of the openai dialect write otherwise in an error than OpenAI: words and form.
// Private to the lab. Pure.
#pragma once

#include "live/lab_words.h"

#include "wire/vendor.h"

namespace brownout::live {

struct ErrorRow {
    int status;
    const char *type, *code, *message; // code null: null
};
// The vendor's own words for it; null: it has OpenAI's.
const ErrorRow* vendor_row(wire::Vendor vendor, const LabError& error);

struct ErrorWords {
    std::string type, message;
    LabJson param, code;
    bool own = false;   // the vendor's, not OpenAI's
    bool given = false; // the code was asked for
};
// In the vendor's form; OpenAI's where it has none of its own.
LabAnswer vendor_answer(wire::Vendor vendor, int status, const ErrorWords& words);

} // namespace brownout::live
