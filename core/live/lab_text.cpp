#include "live/lab_text.h"

#include <iterator>
#include <utility>

namespace brownout::live {

namespace {

// Slots: A adjective, N thing, P person, V what one does, W where, T when.
constexpr std::string_view sentences[] = {
    "T the P V the A N W.",
    "The P V the N W, and the N stays A.",
    "T a A P V the A N.",
    "W the N grows A, so the P V it.",
    "Nobody hurries: the A N waits W.",
    "T the P V the N, then the N, then a A cup of tea.",
    "The A N belongs to the P who V it W.",
    "If the N is A, the P V it again T.",
    "Some say that the N W was once A.",
};
// To end with a whole sentence: the n-th has n words.
constexpr std::string_view closings[] = {
    "Always.",
    "It rests.",
    "So it goes.",
    "And the evening stays.",
    "Then the lamps are lit.",
    "All of it happens quite slowly.",
    "And so the day comes to rest.",
    "Nothing more is asked of such an evening.",
    "In the end the whole town falls quietly asleep.",
    "Only the river goes on telling what it has seen.",
};
constexpr std::string_view adjectives[] = {"quiet", "amber",  "patient", "small", "bright",
                                           "old",   "gentle", "silver",  "warm",  "curious"};
constexpr std::string_view things[] = {"harbour", "lantern", "garden",     "ferry",
                                       "orchard", "kettle",  "bridge",     "letter",
                                       "meadow",  "clock",   "lighthouse", "library"};
constexpr std::string_view people[] = {"gardener", "baker",   "keeper",    "sailor",
                                       "painter",  "teacher", "traveller", "neighbour"};
constexpr std::string_view doings[] = {"remembers", "repairs",  "carries",  "watches", "praises",
                                       "visits",    "polishes", "sketches", "follows"};
constexpr std::string_view places[] = {"by the river",      "under the trees", "beyond the hill",
                                       "near the old mill", "along the shore", "at the station"};
constexpr std::string_view times[] = {"in the morning", "at dusk",         "after the rain",
                                      "every spring",   "before the snow", "on quiet days"};

template <std::size_t n>
std::string_view pick(const std::string_view (&list)[n], Rng& rng) {
    return list[rng.below(static_cast<std::uint32_t>(n))];
}

// "T," is a slot with what follows it.
std::string_view fill(char slot, Rng& rng) {
    switch (slot) {
    case 'A':
        return pick(adjectives, rng);
    case 'N':
        return pick(things, rng);
    case 'P':
        return pick(people, rng);
    case 'V':
        return pick(doings, rng);
    case 'W':
        return pick(places, rng);
    case 'T':
        return pick(times, rng);
    default:
        return {};
    }
}

bool is_slot(std::string_view word) {
    return !word.empty() && std::string_view{"ANPVWT"}.find(word[0]) != std::string_view::npos &&
           (word.size() == 1 || word[1] == ',' || word[1] == '.');
}

void append_words(std::deque<std::string>& to, std::string_view text) {
    while (!text.empty()) {
        const auto space = text.find(' ');
        to.emplace_back(text.substr(0, space));
        text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    }
}

constexpr std::int64_t far_from_the_end = 1000; // tokens

} // namespace

TextMaker::TextMaker(Rng rng, std::string_view begun) : rng_(rng) {
    for (std::string_view rest = begun; !rest.empty();) {
        const std::string word = next(far_from_the_end);
        if (!rest.starts_with(word)) {
            words_.clear();
            inside_ = std::string_view{".!?:"}.find(begun.back()) == std::string_view::npos;
            break;
        }
        rest.remove_prefix(word.size());
    }
}

std::deque<std::string> TextMaker::sentence() {
    auto which = rng_.below(std::size(sentences) - 1);
    which += which >= previous_; // never the same twice in a row
    previous_ = which;
    std::deque<std::string> pattern, words;
    append_words(pattern, sentences[which]);
    std::string_view before;
    for (const std::string& word : pattern) {
        if (!is_slot(word)) {
            words.push_back(word);
        } else {
            const std::string_view filled = fill(word[0], rng_);
            if (before == "a" &&
                std::string_view{"aeiou"}.find(filled[0]) != std::string_view::npos)
                words.back() += 'n'; // "an amber lantern"
            append_words(words, filled);
            words.back() += word.substr(1);
        }
        before = word;
    }
    char& initial = words.front()[0];
    if (initial >= 'a' && initial <= 'z')
        initial = static_cast<char>(initial - 'a' + 'A');
    return words;
}

void TextMaker::new_sentence(std::int64_t left) {
    constexpr int tries = 8;
    for (int i = 0; i < tries; ++i) {
        words_ = sentence();
        if (std::ssize(words_) <= left)
            return;
    }
    if (left <= std::ssize(closings)) {
        words_.clear();
        append_words(words_, closings[left - 1]);
    }
}

std::string TextMaker::next(std::int64_t left) {
    if (words_.empty())
        new_sentence(left);
    std::string word = std::move(words_.front());
    words_.pop_front();
    if (std::exchange(inside_, false) && word[0] >= 'A' && word[0] <= 'Z')
        word[0] = static_cast<char>(word[0] - 'A' + 'a');
    if (left == 1) {
        while (word.back() == ',' || word.back() == ':')
            word.pop_back();
        if (word.back() != '.')
            word += '.';
    }
    return std::exchange(first_, false) ? word : " " + word;
}

} // namespace brownout::live
