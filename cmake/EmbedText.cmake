# embed_text(TARGET FILE SYMBOL): compiles a text file of resources/ into a library as
# `extern const std::string_view SYMBOL` in namespace brownout::embedded, so that a program needs no
# files beside it.
function(embed_text target file symbol)
  set(source ${CMAKE_SOURCE_DIR}/${file})
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_${symbol}.cpp)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  file(READ ${source} text)
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT
"// Made from ${file}.
#include <string_view>
namespace brownout::embedded {
extern const std::string_view ${symbol};
const std::string_view ${symbol} = R\"~embed~(@text@)~embed~\";
} // namespace brownout::embedded
")
  target_sources(${target} PRIVATE ${output})
endfunction()
