#include "ui/models/line_diff.h"

#include <algorithm>

namespace brownout::ui {

namespace {

QStringList linesOf(const QString& text) {
    QStringList lines = text.split(QLatin1Char('\n'));
    if (!lines.isEmpty() && lines.last().isEmpty())
        lines.removeLast(); // the final newline ends a line, it does not begin one
    return lines;
}

// Longest common subsequence of the middles, walked from the front.
void diffMiddle(const QStringList& a, const QStringList& b, std::vector<DiffLine>& out) {
    using Kind = DiffLine::Kind;
    const qsizetype n = a.size(), m = b.size();
    std::vector<quint16> common(static_cast<std::size_t>((n + 1) * (m + 1)), 0);
    const auto cell = [&](qsizetype i, qsizetype j) -> quint16& {
        return common[static_cast<std::size_t>(i * (m + 1) + j)];
    };
    for (qsizetype i = n - 1; i >= 0; --i)
        for (qsizetype j = m - 1; j >= 0; --j)
            cell(i, j) = a[i] == b[j] ? static_cast<quint16>(cell(i + 1, j + 1) + 1)
                                      : std::max(cell(i + 1, j), cell(i, j + 1));
    qsizetype i = 0, j = 0;
    while (i < n && j < m) {
        if (a[i] == b[j]) {
            out.push_back({Kind::same, a[i]});
            ++i;
            ++j;
        } else if (cell(i + 1, j) >= cell(i, j + 1)) {
            out.push_back({Kind::removed, a[i++]});
        } else {
            out.push_back({Kind::added, b[j++]});
        }
    }
    for (; i < n; ++i)
        out.push_back({Kind::removed, a[i]});
    for (; j < m; ++j)
        out.push_back({Kind::added, b[j]});
}

} // namespace

std::vector<DiffLine> diffLines(const QString& before, const QString& after, int limit) {
    const QStringList a = linesOf(before), b = linesOf(after);
    qsizetype head = 0;
    while (head < a.size() && head < b.size() && a[head] == b[head])
        ++head;
    qsizetype tail = 0;
    while (tail < a.size() - head && tail < b.size() - head &&
           a[a.size() - 1 - tail] == b[b.size() - 1 - tail])
        ++tail;
    std::vector<DiffLine> out;
    out.reserve(static_cast<std::size_t>(std::max(a.size(), b.size())));
    for (qsizetype i = 0; i < head; ++i)
        out.push_back({DiffLine::Kind::same, a[i]});
    const QStringList left = a.mid(head, a.size() - head - tail);
    const QStringList right = b.mid(head, b.size() - head - tail);
    if (left.size() <= limit && right.size() <= limit) {
        diffMiddle(left, right, out);
    } else {
        for (const QString& line : left)
            out.push_back({DiffLine::Kind::removed, line});
        for (const QString& line : right)
            out.push_back({DiffLine::Kind::added, line});
    }
    for (qsizetype i = a.size() - tail; i < a.size(); ++i)
        out.push_back({DiffLine::Kind::same, a[i]});
    return out;
}

} // namespace brownout::ui
