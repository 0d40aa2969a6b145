// Tables of what a reader of documents refuses: a value is put at a place of a good document, and
// the reader must name a place and say what is wrong there. And problems as one text, for messages.
#pragma once

#include "chain/json.h"
#include "chain/problem.h"

#include <QtTest>

#include <algorithm>
#include <string>
#include <vector>

namespace brownout::test {

inline std::string all_text(const std::vector<chain::Problem>& problems) {
    std::string out;
    for (const chain::Problem& p : problems)
        out += p.text() + "\n";
    return out;
}

inline void refused_columns() {
    for (const char* column : {"set", "value", "pointer", "says"})
        QTest::addColumn<QByteArray>(column);
}

// `set`, `pointer`: JSON pointers; `value`: JSON; `says`: part of the problem's text.
inline void refused_row(const char* set, const char* value, const char* pointer, const char* says) {
    QTest::addRow("%s = %.40s", set, value)
        << QByteArray(set) << QByteArray(value) << QByteArray(pointer) << QByteArray(says);
}

// Fails the running row unless `read(json, file)` refuses `good` with its value as it says.
template <class Read>
void verify_refused(chain::Json good, const Read& read) {
    QFETCH(QByteArray, set);
    QFETCH(QByteArray, value);
    QFETCH(QByteArray, pointer);
    QFETCH(QByteArray, says);
    good[chain::Json::json_pointer(set.toStdString())] = chain::Json::parse(value.toStdString());
    const auto done = read(good, std::string{"a.json"});
    QVERIFY(!done.ok());
    const auto at =
        std::find_if(done.problems.begin(), done.problems.end(), [&](const chain::Problem& p) {
            return p.pointer == pointer.toStdString() &&
                   p.text().find(says.toStdString()) != std::string::npos;
        });
    QVERIFY2(at != done.problems.end(), all_text(done.problems).c_str());
    QVERIFY(at->text().starts_with("a.json#/"));
}

} // namespace brownout::test
