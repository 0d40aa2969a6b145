// What the texts made of a report share: its fields by name, numbers as people read them, tables.
// Everything takes any JSON: a field that is missing or of another type reads as nothing.
#pragma once

#include "chain/json.h"

#include <string>
#include <string_view>
#include <vector>

namespace brownout::record {

const chain::Json& field(const chain::Json& object, const char* key);  // null where there is none
std::string word(const chain::Json& object, const char* key);          // a text, or empty
std::string number_text(const chain::Json& value, const char* format); // "-" for no number
std::string short_number(const chain::Json& value);                    // six digits at most
// USD without an exponent, "0.012300"; "unknown" where it is not known.
std::string money_text(const chain::Json& value);

// "latency_ms p99 at most 4000", and what came of it: "3200.5" or "never observed".
std::string expectation_text(const chain::Json& expectation);
std::string observed_text(const chain::Json& expectation);

// Lines of cells, indented by two; the first column is left-aligned, the others right. Columns are
// as wide as their widest cell in characters (UTF-8 code points).
std::string text_table(const std::vector<std::vector<std::string>>& rows);

// For the content and the attributes of XML 1.0; what cannot stand there becomes a blank.
std::string xml_escaped(std::string_view text);

} // namespace brownout::record
