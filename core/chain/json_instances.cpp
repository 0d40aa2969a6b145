#include "chain/json_instances.h"

template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace nlohmann::detail {

template class serializer<ordered_json>;
template class iter_impl<const ordered_json>;
template class json_sax_dom_parser<ordered_json>;
template class json_sax_dom_callback_parser<ordered_json>;
template class lexer<ordered_json, iterator_input_adapter<const char*>>;
template class lexer<ordered_json, iterator_input_adapter<std::string::const_iterator>>;
template class parser<ordered_json, iterator_input_adapter<const char*>>;
template class parser<ordered_json, iterator_input_adapter<std::string::const_iterator>>;

} // namespace nlohmann::detail

template class std::vector<nlohmann::ordered_json>;
