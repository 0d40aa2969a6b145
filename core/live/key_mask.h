// Puts a variable's name where a key's value stands, so that what went over the wire can be shown
// and copied: "Authorization: Bearer $OPENAI_API_KEY". Knows a key as it is and as JSON, URLs and
// base64 spell it. Pure; no key leaves it. Thread: any one at a time.
#pragma once

#include "chain/keys.h"
#include "wire/message.h"

namespace brownout::live {

// "OPENAI_API_KEY": the name that the chain gives a key in the environment, else one made from the
// provider's id. Empty for `none`.
std::string key_variable(const chain::Provider& provider, const chain::KeyRef& ref);

class KeyMask {
  public:
    // A shorter key may be any word: it is hidden only where a request carries it as a key.
    static constexpr std::size_t shortest_in_text = 8;

    void hide(std::string variable, const Secret& key);
    std::string text(std::string_view whole) const;
    // Of a request or a reply. A header that carries credentials which no hidden key explains (a
    // cookie, a password) is "(not shown)".
    std::string header(std::string_view name, std::string_view value) const;
    std::string url(std::string_view url) const;

    // For text that comes in pieces: what may be the beginning of a key waits for the next piece.
    class Stream {
      public:
        explicit Stream(const KeyMask& mask) : mask_(mask) {}
        std::string take(std::string_view piece);
        std::string rest(); // nothing more comes

      private:
        const KeyMask& mask_;
        std::string waiting_;
    };

  private:
    struct Spelling {
        Secret value;
        std::string variable; // "$OPENAI_API_KEY"
    };
    // Masks `text` up to where a key may have begun that `text` does not hold to its end; gives
    // that place.
    std::size_t mask(std::string_view text, std::string& out) const;
    std::vector<Spelling> spellings_; // longest first
    std::vector<Spelling> as_given_;  // short keys too
};

} // namespace brownout::live
