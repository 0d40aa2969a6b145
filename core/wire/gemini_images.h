// Google's pictures: Gemini's image models by generateContent, Imagen by predict.
// Source: the published REST reference and official client of November 2026. Imagen is on Google's
// list of deprecations; its form is that of the reference's last edition.
#pragma once

#include "wire/dialect.h"

namespace brownout::wire {

bool is_imagen(std::string_view model); // "imagen-4.0-generate-001", "models/imagen-4"

// The method behind the model's address.
const char* gemini_image_method(std::string_view model); // ":generateContent" or ":predict"
// The body; what the model cannot be told is noted in `out`.
chain::Json gemini_image_body(const ImageRequest& image, const std::string& model, Encoded& out);
std::unique_ptr<ReplyReader> gemini_image_reader(const Endpoint& endpoint);

} // namespace brownout::wire
