// Every row of the policy table has a pair of rehearsals that shows what it does. They run side by
// side, each in a world of its own: nearly all of their time is waiting.
#include "live/policy_rows/cases_limits.h"
#include "live/policy_rows/cases_rest.h"

#include "chain/policy_table.h"

#include <QTemporaryDir>
#include <QtTest>

#include <atomic>
#include <set>
#include <thread>

using namespace brownout;
using namespace brownout::test;

namespace {

constexpr unsigned side_by_side = 12;
constexpr int most_tries = 8;

rows::Cases all_cases() {
    rows::Cases all;
    for (auto cases : {rows::retry_cases(), rows::timeout_cases(), rows::breaker_opening_cases(),
                       rows::breaker_closing_cases(), rows::hedge_cases(), rows::money_cases(),
                       rows::stream_cases(), rows::reroute_cases()})
        all.insert(all.end(), cases.begin(), cases.end());
    return all;
}

std::string show(const RowCase& c, const std::string& dir) {
    const RowRun before = rehearse_row(c, false, dir), after = rehearse_row(c, true, dir);
    if (!before.error.empty() || !after.error.empty())
        return before.error + after.error;
    const std::string wrong = c.shows(before, after);
    return wrong.empty() ? wrong
                         : wrong + "before: " + before.story() + "; after: " + after.story();
}

} // namespace

class TestPolicyRows : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() {
        std::atomic<std::size_t> next{0};
        verdicts_.resize(cases_.size());
        std::vector<std::thread> threads;
        const auto begun = std::chrono::steady_clock::now();
        for (unsigned i = 0; i < side_by_side; ++i)
            threads.emplace_back([&] {
                for (std::size_t c = next++; c < cases_.size(); c = next++)
                    verdicts_[c] = show(cases_[c], dir_.path().toStdString());
            });
        for (std::thread& t : threads)
            t.join();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
        qInfo("%zu pairs of rehearsals in %.1f s", cases_.size(), took.count());
    }

    void everyRowIsShown() {
        std::set<std::string, std::less<>> shown;
        for (const RowCase& c : cases_)
            shown.insert(c.row);
        for (const chain::PolicyRow& row : chain::policy_table())
            QVERIFY2(shown.contains(row.pointer), std::string{row.pointer}.c_str());
        for (const RowCase& c : cases_)
            QVERIFY2(chain::policy_row(c.row) != nullptr, c.row.c_str());
    }

    // Each word that a row may hold is one side of a pair.
    void everyChoiceIsShown() {
        for (const chain::PolicyRow& row : chain::policy_table()) {
            std::set<std::string> seen;
            for (const RowCase& c : cases_)
                if (c.row == row.pointer)
                    for (const std::string& side : {c.before, c.after}) {
                        const auto value =
                            chain::Json::parse(side.empty() ? std::string{row.default_json} : side);
                        seen.insert(value.is_object()   ? "tokens"
                                    : value.is_string() ? value.get<std::string>()
                                                        : "");
                    }
            for (const std::string_view choice : row.choices)
                QVERIFY2(seen.contains(std::string{choice}),
                         (std::string{row.pointer} + ": " + std::string{choice}).c_str());
        }
    }

    void shows_data() {
        QTest::addColumn<int>("number");
        for (std::size_t i = 0; i < cases_.size(); ++i) {
            const RowCase& c = cases_[i];
            QTest::addRow("%s: %s to %s", c.row.c_str(),
                          c.before.empty() ? "default" : c.before.c_str(), c.after.c_str())
                << int(i);
        }
    }
    // Waits are measured on a machine that does other things. Being late is no fault of a row: what
    // looks so is tried again by itself, and a row that does not do what it says fails every time.
    void shows() {
        QFETCH(int, number);
        const auto n = static_cast<std::size_t>(number);
        std::string wrong = verdicts_[n];
        for (int again = 0; again < most_tries && !wrong.empty(); ++again) {
            qInfo("once more, alone: %s", wrong.c_str());
            wrong = show(cases_[n], dir_.path().toStdString());
        }
        QVERIFY2(wrong.empty(), wrong.c_str());
    }

  private:
    const QTemporaryDir dir_;
    const rows::Cases cases_ = all_cases();
    std::vector<std::string> verdicts_;
};

QTEST_APPLESS_MAIN(TestPolicyRows)
#include "test_policy_rows.moc"
