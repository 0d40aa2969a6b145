// What nearly every program makes of the JSON of documents, made once in this library. For
// precompiled headers of programs that are not optimised: a fifth of their compilation. Pure.
#pragma once

#include "chain/json.h"

#include <vector>

extern template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace nlohmann::detail {

extern template class serializer<ordered_json>;
extern template class iter_impl<const ordered_json>;
extern template class json_sax_dom_parser<ordered_json>;
extern template class json_sax_dom_callback_parser<ordered_json>;
extern template class lexer<ordered_json, iterator_input_adapter<const char*>>;
extern template class lexer<ordered_json, iterator_input_adapter<std::string::const_iterator>>;
extern template class parser<ordered_json, iterator_input_adapter<const char*>>;
extern template class parser<ordered_json, iterator_input_adapter<std::string::const_iterator>>;

} // namespace nlohmann::detail

extern template class std::vector<nlohmann::ordered_json>;
