// What an attempt costs: from the provider's usage where there is one, else by estimate and marked
// so. Pure.
#pragma once

#include "chain/document.h"
#include "wire/message.h"

namespace brownout::wire {

// How a picture is made, in the vendor's words: "hd", "1792x1024"; empty: not known.
struct PictureTerms {
    std::string quality, size;
};
PictureTerms picture_terms(const ImageRequest& image, chain::Dialect dialect,
                           std::string_view model);
// What one picture costs a call that asks for this, by engine::ExpectedPrice::picture_row.
std::vector<Money> picture_prices(const chain::Document& document, const chain::Compiled& compiled,
                                  const ImageRequest& image);

// What is known of an attempt that has ended by itself.
struct AttemptFacts {
    bool succeeded = false;
    bool ambiguous = false;                          // it was sent, and no complete reply came
    std::uint32_t input_tokens = 0, tokens_seen = 0; // estimates
    std::optional<Usage> usage;                      // as the provider counted
    std::uint32_t pictures = 0; // that were made, whether or not they could be fetched
    std::uint32_t pictures_asked = 0;
    PictureTerms asked, made;     // of pictures; made: as the reply says
    bool asked_for_media = false; // a picture or a job: text is not what is billed
};

struct Bill {
    Usage usage; // all zero: nothing is billed
    Money cost;
    bool known = true; // false: the price of something that occurred is unknown
};

// What the provider counted, where it did. Else by estimate whatever it may bill, so that caps
// hold: a success, a stream that broke and an ambiguous failure cost the input and the tokens seen,
// or the pictures that were asked for. What was never sent, or was refused by a complete reply
// (429, 5xx), costs nothing. (The engine estimates what it cancels by the same rule: it was sent,
// and its reply is not complete.) Pictures cost `image_usd` each, or the tier of the quality and
// size that were asked for, which the reply completes; where several fit, the dearest, marked as an
// estimate. Where the target has no such price, what their tokens cost, if they were counted.
Bill bill(const AttemptFacts& facts, const std::optional<chain::Price>& price);

// Tokens in one piece of a stream: providers send about one a piece, some send larger ones.
std::uint32_t tokens_in(const Delta& delta);

} // namespace brownout::wire
