// What changed between two texts, line by line. Pure.
#pragma once

#include <QStringList>

#include <vector>

namespace brownout::ui {

struct DiffLine {
    enum class Kind { same, added, removed };
    Kind kind = Kind::same;
    QString text;
    friend bool operator==(const DiffLine&, const DiffLine&) = default;
};

// The shortest edit where the differing middle is at most `limit` lines on either side; beyond it
// the whole middle counts as replaced, so that a huge document costs no quadratic time.
std::vector<DiffLine> diffLines(const QString& before, const QString& after, int limit = 2000);

} // namespace brownout::ui
