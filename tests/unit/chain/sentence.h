// Reads the numbers out of a target's sentence (chain::describe), as a person would.
#pragma once

#include "base/time.h"

#include <QRegularExpression>

#include <optional>
#include <string>

namespace brownout::chain {

// What a reader of the sentence knows.
struct Said {
    bool never_used = false;
    Duration first_token{};
    int tries = 1, keys = 1;
    bool up_to = false, while_budget = false, moves_on = false;
    Duration shortest{}, longest{};
    std::optional<Duration> retry_after;
    bool held_closed = false;
    std::optional<int> in_a_row;
    std::optional<double> ratio, slow_ratio;
    int minimum = 0;
    Duration window{}, slow{};
    std::optional<Duration> probes_after, later;
};

inline constexpr const char* time_pattern = R"(([\d.e+]+ m?s))";

inline Duration time_of(const QString& text) {
    const double number = text.section(' ', 0, 0).toDouble();
    return text.endsWith("ms") ? from_ms(number) : from_seconds(number);
}

inline QRegularExpressionMatch match(const QString& text, QString pattern) {
    return QRegularExpression(pattern.replace("TIME", time_pattern)).match(text);
}

inline void read_tries(const QString& text, Said& out) {
    const auto m = match(text, R"(, tries (up to )?(once|twice|(\d+) times))");
    out.up_to = !m.captured(1).isEmpty();
    out.tries = m.captured(2) == "once" ? 1 : m.captured(2) == "twice" ? 2 : m.captured(3).toInt();
    if (const auto keys = match(text, R"(the next of its (\d+) keys)"); keys.hasMatch())
        out.keys = keys.captured(1).toInt();
    out.while_budget = text.contains("while the retry budget lasts");
    out.moves_on = text.contains("then moves on");
    // A range leaves out the first unit where both are the same.
    if (const auto range = match(text, R"(([\d.]+)( ms)? to TIME apart)"); range.hasMatch()) {
        out.shortest = time_of(range.captured(1) + (range.captured(2).isEmpty() ? " s" : " ms"));
        out.longest = time_of(range.captured(3));
    } else if (const auto most = match(text, R"(up to TIME apart)"); most.hasMatch()) {
        out.longest = time_of(most.captured(1));
    } else if (const auto fixed = match(text, R"(TIME apart)"); fixed.hasMatch()) {
        out.shortest = out.longest = time_of(fixed.captured(1));
    }
    if (const auto hint = match(text, R"(Retry-After of up to TIME)"); hint.hasMatch())
        out.retry_after = time_of(hint.captured(1));
}

inline void read_breaker(const QString& text, Said& out) {
    out.held_closed = text.contains("held closed");
    if (const auto m = match(text, R"(after (\d+) failures?)"); m.hasMatch())
        out.in_a_row = m.captured(1).toInt();
    if (const auto m = match(text, R"(at least (\d+) requests in TIME)"); m.hasMatch()) {
        out.minimum = m.captured(1).toInt();
        out.window = time_of(m.captured(2));
    }
    if (const auto m = match(text, R"(when ([\d.]+) % of at least [^%]+ fail)"); m.hasMatch())
        out.ratio = m.captured(1).toDouble() / 100;
    if (const auto m = match(text, R"(([\d.]+) % of [^%]*take longer than TIME)"); m.hasMatch()) {
        out.slow_ratio = m.captured(1).toDouble() / 100;
        out.slow = time_of(m.captured(2));
    }
    if (const auto m = match(text, R"(probes after TIME)"); m.hasMatch())
        out.probes_after = time_of(m.captured(1));
    if (const auto m = match(text, R"(\(later up to TIME\))"); m.hasMatch())
        out.later = time_of(m.captured(1));
}

inline Said read_sentence(const std::string& sentence) {
    const QString text = QString::fromStdString(sentence);
    Said out;
    out.never_used = text.startsWith("Never used");
    if (const auto m = match(text, R"(Waits TIME for the first token)"); m.hasMatch())
        out.first_token = time_of(m.captured(1));
    read_tries(text, out);
    read_breaker(text, out);
    return out;
}

} // namespace brownout::chain
