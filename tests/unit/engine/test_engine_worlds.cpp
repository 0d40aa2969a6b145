// Random worlds (random_world.h). A failure prints the world's number and a script from which
// nothing more can be left out; BROWNOUT_WORLD=n plays that one alone, BROWNOUT_WORLDS=n so many.
#include "unit/engine/shrink_world.h"

#include <QElapsedTimer>
#include <QTest>

using namespace brownout;
using namespace brownout::engine;

namespace {

// A whole run takes longer than a test may by default.
[[maybe_unused]] const bool patient =
    qEnvironmentVariableIsSet("BROWNOUT_WORLDS") && qputenv("QTEST_FUNCTION_TIMEOUT", "86400000");

} // namespace

class TestEngineWorlds : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void invariants();
    void a_failing_world_shrinks();
};

void TestEngineWorlds::invariants() {
    const int only = qEnvironmentVariableIntValue("BROWNOUT_WORLD");
    const int asked = qEnvironmentVariableIntValue("BROWNOUT_WORLDS");
    const int first = only > 0 ? only : 1;
    const int last = only > 0 ? only : asked > 0 ? asked : 20'000;
    QElapsedTimer timer;
    timer.start();
    std::uint64_t steps = 0;
    for (int seed = first; seed <= last; ++seed) {
        random::World world{std::uint64_t(seed)};
        const std::string wrong = world.play();
        steps += world.steps();
        if (!wrong.empty())
            QFAIL(("BROWNOUT_WORLD=" + std::to_string(seed) + ": " + wrong +
                   "\nIn short: " + random::script_of(std::uint64_t(seed)))
                      .c_str());
    }
    qInfo("%d worlds, %llu steps in %.1f s", last - first + 1,
          static_cast<unsigned long long>(steps), double(timer.elapsed()) / 1000);
}

// The tool itself, by a rule that does not hold: that nobody is tried a second time. What it leaves
// of a world breaks the same rule in its last line and holds once anything more is left out.
void TestEngineWorlds::a_failing_world_shrinks() {
    using random::World;
    const World::Rule once = [](const StartAttempt& a) { return a.mode != AttemptMode::retry; };
    std::uint64_t steps = 0, steps_left = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        World whole(seed, {}, once);
        const std::string wrong = whole.play();
        if (wrong.empty())
            continue;
        QCOMPARE(wrong, std::string{"the rule that was added"});
        const std::set<random::Item> left_out = random::shrink(seed, once);
        World shrunk(seed, left_out, once);
        shrunk.write_down();
        QCOMPARE(shrunk.play(), wrong);
        const QString script = QString::fromStdString(shrunk.written()).trimmed();
        QVERIFY2(script.section('\n', -1).contains(" retry"), qPrintable(script));
        for (const random::Item& item : shrunk.items()) {
            if (left_out.contains(item))
                continue;
            std::set<random::Item> more = left_out;
            more.insert(item);
            QVERIFY2(World(seed, more, once).play().empty(), qPrintable(script));
        }
        steps += whole.steps();
        steps_left += shrunk.steps();
    }
    qInfo("%llu steps became %llu", static_cast<unsigned long long>(steps),
          static_cast<unsigned long long>(steps_left));
    QVERIFY(steps_left > 0 && steps_left < steps);
}

QTEST_APPLESS_MAIN(TestEngineWorlds)
#include "test_engine_worlds.moc"
