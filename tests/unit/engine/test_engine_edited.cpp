// What an engine for an edited chain takes over from the one before it: what is known of keys,
// providers, limits and quotas.
#include "unit/engine/table.h"

using namespace brownout;
using namespace brownout::engine;

namespace {

Instant at(double s) {
    return Instant{from_seconds(s)};
}

const std::vector<std::optional<TargetId>> same{TargetId{0}, TargetId{1}};

} // namespace

class TestEngineEdited : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void an_edited_chain_keeps_what_is_known_of_a_key();
    void a_key_that_is_missing_now_or_was();
    void what_is_known_of_a_provider();
    void windows_come_along_with_an_edited_chain();
    void quotas_come_along();
    void the_key_in_use_comes_along();
    void a_provider_is_known_whatever_became_of_its_targets();
    void what_the_other_engine_runs_takes_places();
    void what_runs_with_a_key();
};

void TestEngineEdited::an_edited_chain_keeps_what_is_known_of_a_key() {
    script::World old("keys=2 targets=A,B");
    old.play(at(0), "start");
    old.play(at(0.1), "#1 badkey");
    QCOMPARE(old.play(at(0.2), "#2 429 after=30"),
             std::string{"A cools until 30.2, A->B, start#3 B failover key0"});

    // Turned round, with a new key in front: what is new is used.
    script::World turned("keys=3 targets=A,B");
    turned.engine().adopt(old.engine(), same, at(1), true,
                          {{std::nullopt, KeyIndex{1}, KeyIndex{0}}});
    QCOMPARE(turned.play(at(1), "start"), std::string{"start#1 A key0"});
    QCOMPARE(turned.play(at(1.1), "#1 badkey"), std::string{"A->B, start#2 B failover key0"});

    // The same two, in order: the first is refused, the second rests.
    script::World edited("connect=500 first=500 attempt=500 total=900 keys=2 targets=A,B");
    edited.engine().adopt(old.engine(), same, at(1));
    QCOMPARE(edited.play(at(1), "start"), std::string{"start#1 B key0"});
    QCOMPARE(edited.play(at(30.2), "c2 start"), std::string{"c2 start#1 A key1"});

    // Only the refused one is left, or only one that is new.
    script::World refused("keys=1 targets=A,B");
    refused.engine().adopt(old.engine(), same, at(1), true, {{KeyIndex{0}}});
    QCOMPARE(refused.play(at(1), "start"), std::string{"start#1 B"});
    script::World fresh("keys=1 targets=A,B");
    fresh.engine().adopt(old.engine(), same, at(1), true, {{std::nullopt}});
    QCOMPARE(fresh.play(at(1), "start"), std::string{"start#1 A"});

    // Only the one that rests.
    script::World resting("keys=1 targets=A,B");
    resting.engine().adopt(old.engine(), same, at(1), true, {{KeyIndex{1}}});
    QCOMPARE(resting.play(at(1), "start"), std::string{"start#1 B"});
    QCOMPARE(resting.engine().status(TargetId{0}, at(1)).cooldown_until, at(30.2));
}

// Missing before and there now, or the other way round: what counts is now.
void TestEngineEdited::a_key_that_is_missing_now_or_was() {
    script::World was_there("keys=2 targets=A,B");
    was_there.play(at(0), "start");
    was_there.play(at(0.1), "#1 ok");
    script::World missing("keys=2 missing=0 targets=A,B");
    missing.engine().adopt(was_there.engine(), same, at(1));
    QCOMPARE(missing.play(at(1), "start"), std::string{"start#1 A key1"});

    script::World there("keys=2 targets=A");
    there.engine().adopt(missing.engine(), {TargetId{0}}, at(2), true,
                         {{KeyIndex{0}, KeyIndex{1}}});
    QCOMPARE(there.play(at(2), "start"), std::string{"start#1 A key1"}); // still in use
    QCOMPARE(there.play(at(3), "#1 429 after=60"), std::string{"start#2 A retry key0"});
}

void TestEngineEdited::what_is_known_of_a_provider() {
    // Blocked, whatever its keys.
    script::World blocked("keys=2 targets=A,B");
    blocked.play(at(0), "start");
    QCOMPARE(blocked.play(at(0.1), "#1 blocked"),
             std::string{"provider 0 disabled until 600.1, A->B, start#2 B failover key0"});
    script::World edited("keys=2 targets=A,B");
    edited.engine().adopt(blocked.engine(), same, at(1));
    QCOMPARE(edited.play(at(1), "start"), std::string{"start#1 B key0"});

    // All its keys were refused: one that is added is used.
    script::World all("keys=2 targets=A,B");
    all.play(at(0), "start");
    all.play(at(0.1), "#1 badkey");
    QCOMPARE(all.play(at(0.2), "#2 badkey"),
             std::string{"provider 0 disabled until 600.1, A->B, start#3 B failover key0"});
    script::World more("keys=3 targets=A,B");
    more.engine().adopt(all.engine(), same, at(1), true, {{KeyIndex{0}, KeyIndex{1}, {}}});
    QCOMPARE(more.play(at(1), "start"), std::string{"start#1 A key2"});

    // Its only key was refused: another one has done no wrong.
    script::World refused("targets=A,B");
    refused.play(at(0), "start");
    QCOMPARE(refused.play(at(0.1), "#1 badkey"),
             std::string{"provider 0 disabled until 600.1, A->B, start#2 B failover"});
    script::World kept("targets=A,B");
    kept.engine().adopt(refused.engine(), same, at(1));
    QCOMPARE(kept.play(at(1), "start"), std::string{"start#1 B"});
    script::World replaced("targets=A,B");
    replaced.engine().adopt(refused.engine(), same, at(1), true, {{std::nullopt}});
    QCOMPARE(replaced.play(at(1), "start"), std::string{"start#1 A"});
}

void TestEngineEdited::windows_come_along_with_an_edited_chain() {
    script::World old("targets=A,B keys=2 limits=5/0/0 key_limits=2/0/0");
    old.play(at(0), "start");
    old.play(at(1), "c2 start");
    script::World edited("connect=500 first=500 attempt=500 total=900 targets=A,B keys=2 "
                         "limits=3/0/0 key_limits=2/0/0");
    edited.engine().adopt(old.engine(), same, at(2), true, {{KeyIndex{1}, KeyIndex{0}}});
    // Key 0 of before is key 1 now, and has had its two.
    QCOMPARE(edited.play(at(2), "start"), std::string{"start#1 A key0"});
    QCOMPARE(edited.play(at(3), "c2 start"), std::string{"c2 start#1 B key0"});
    QCOMPARE(edited.play(at(61), "c3 start"), std::string{"c3 start#1 A key0"});
}

void TestEngineEdited::quotas_come_along() {
    script::World old("targets=A,B");
    old.play(at(0), "quota A requests=0/20");
    script::World edited("connect=500 first=500 attempt=500 total=900 targets=A,B");
    edited.engine().adopt(old.engine(), same, at(1));
    QCOMPARE(edited.play(at(1), "start"), std::string{"start#1 B"});
    QCOMPARE(edited.play(at(20), "c2 start"), std::string{"c2 start#1 A"});
    // The other key's, and a limit that is new.
    script::World two("targets=A,B keys=2 limits=9/0/0 key_limits=9/0/0");
    two.engine().adopt(old.engine(), same, at(1), true,
                       {{KeyIndex{0}, std::nullopt}, {KeyIndex{0}, std::nullopt}});
    QCOMPARE(two.play(at(1), "start"), std::string{"start#1 A key1"});
    // And back to one.
    script::World none("targets=A,B");
    none.engine().adopt(two.engine(), same, at(2));
    QCOMPARE(none.play(at(2), "start"), std::string{"start#1 B"});
    // What is left of one is used at once, as before.
    script::World some("targets=A,B"), again("targets=A,B");
    some.play(at(0), "quota A requests=2/20");
    again.engine().adopt(some.engine(), same, at(1));
    QCOMPARE(again.play(at(1), "start"), std::string{"start#1 A"});
    QCOMPARE(again.play(at(1), "c2 start"), std::string{"c2 start#1 A"});
    QCOMPARE(again.play(at(1), "c3 start"), std::string{"c3 start#1 B"});
}

void TestEngineEdited::the_key_in_use_comes_along() {
    script::World old("targets=A,B keys=3 key_limits=1/0/0");
    old.play(at(0), "start");
    old.play(at(1), "c2 start"); // key 0 has no room
    script::World edited("targets=A,B keys=3 key_limits=1/0/0");
    edited.engine().adopt(old.engine(), same, at(2));
    QCOMPARE(edited.play(at(2), "start"), std::string{"start#1 A key2"});
    script::World roomy("targets=A,B keys=3");
    roomy.engine().adopt(
        old.engine(), same, at(2), true,
        {{KeyIndex{2}, KeyIndex{0}, KeyIndex{1}}, {KeyIndex{0}, KeyIndex{1}, KeyIndex{2}}});
    QCOMPARE(roomy.play(at(2), "start"), std::string{"start#1 A key2"});
}

// Its only target has another model now.
void TestEngineEdited::a_provider_is_known_whatever_became_of_its_targets() {
    script::World old("targets=A prices=10 keys=2 limits=2/0/0");
    old.play(at(0), "start");
    QCOMPARE(old.play(at(0.1), "#1 badkey"), std::string{"start#2 A retry key1"});
    old.play(at(0.2), "#2 ok cost=10");
    const auto edited = [&](const char* settings, bool with_spend = true) {
        script::World world(settings);
        world.engine().adopt(old.engine(), {std::nullopt}, at(1), with_spend,
                             {{KeyIndex{0}, KeyIndex{1}}}, {ProviderId{0}});
        return world.play(at(1), "start");
    };
    QCOMPARE(edited("targets=A keys=2"), std::string{"start#1 A key1"});
    QCOMPARE(edited("targets=A keys=2 limits=2/0/0"), std::string{"finish refused unavailable"});
    QCOMPARE(edited("targets=A keys=2 prices=10 cap_providers=15"),
             std::string{"finish refused budget provider"});
    QCOMPARE(edited("targets=A keys=2 prices=10 cap_providers=15", false),
             std::string{"start#1 A key1"});
    // What is known of the target itself is not.
    script::World open("targets=A fails=1"), other("targets=A fails=1");
    open.play(at(0), "start");
    open.play(at(0.1), "#1 503");
    other.engine().adopt(open.engine(), {std::nullopt}, at(1), true, {}, {ProviderId{0}});
    QCOMPARE(int(other.engine().status(TargetId{0}, at(1)).breaker), int(BreakerState::closed));
    // A provider that is new knows nothing.
    script::World fresh("targets=A keys=2");
    fresh.engine().adopt(old.engine(), {std::nullopt}, at(1), true, {}, {std::nullopt});
    QCOMPARE(fresh.play(at(1), "start"), std::string{"start#1 A key0"});
}

void TestEngineEdited::what_the_other_engine_runs_takes_places() {
    // The limit may be new: what ran without one is known all the same.
    for (const char* before : {"targets=A limits=0/0/2", "targets=A"}) {
        script::World old(before);
        old.play(at(0), "start");
        old.play(at(0), "c2 start");
        script::World edited("connect=500 first=500 attempt=500 total=900 targets=A "
                             "limits=0/0/2 wait=9");
        edited.engine().adopt(old.engine(), {TargetId{0}}, at(1));
        QCOMPARE(edited.play(at(1), "start"), std::string{});
        QCOMPARE(edited.play(at(1), "c2 start"), std::string{});
        QCOMPARE(edited.play(at(2), "elsewhere A key=0 running=-1"), std::string{"start#1 A"});
        // Its retry comes first there.
        QCOMPARE(edited.play(at(3), "elsewhere A key=0 begun=1 running=1"), std::string{});
        QCOMPARE(edited.play(at(3), "#1 ok"), std::string{"forward#1, finish success by #1"});
        QCOMPARE(edited.play(at(4), "elsewhere A key=0 running=-2"), std::string{"c2 start#1 A"});
        QCOMPARE(edited.play(at(5), "c3 start"), std::string{"c3 start#1 A"});
        QCOMPARE(edited.play(at(5), "c4 start"), std::string{});
        // Nothing that is told makes room that is not there.
        QCOMPARE(edited.play(at(6), "elsewhere A key=0 running=-5"), std::string{});
    }
    // A third engine hears of all that runs, the first one's too.
    script::World first("targets=A"), second("targets=A"), third("targets=A limits=0/0/2");
    first.play(at(0), "start");
    second.engine().adopt(first.engine(), {TargetId{0}}, at(1));
    second.play(at(1), "start");
    third.engine().adopt(second.engine(), {TargetId{0}}, at(2));
    QCOMPARE(third.play(at(2), "start"), std::string{});
    QCOMPARE(third.play(at(3), "elsewhere A running=-1"), std::string{"start#1 A"});
    // So with keys: each has its own place, and all of them count for the provider.
    script::World one("targets=A keys=2"), two("targets=A keys=2 key_limits=0/0/1");
    one.play(at(0), "start");
    two.engine().adopt(one.engine(), {TargetId{0}}, at(1));
    script::World by_key("targets=A keys=2 key_limits=0/0/1");
    by_key.engine().adopt(two.engine(), {TargetId{0}}, at(1));
    QCOMPARE(by_key.play(at(2), "start"), std::string{"start#1 A key1"});
    QCOMPARE(two.play(at(2), "start"), std::string{"start#1 A key1"});
    script::World together("targets=A keys=2 limits=0/0/2 wait=9");
    together.engine().adopt(two.engine(), {TargetId{0}}, at(3));
    QCOMPARE(together.play(at(3), "start"), std::string{});
    // A key that there is not is no other provider's key.
    script::World beside("targets=A,B keys=2 key_limits=0/0/1");
    QCOMPARE(beside.play(at(0), "elsewhere A key=2 running=1"), std::string{});
    QCOMPARE(beside.play(at(0), "start prefer=B"), std::string{"start#1 B key0"});
}

void TestEngineEdited::what_runs_with_a_key() {
    script::World old("targets=A,B keys=2 key_limits=2/0/1 limits=0/0/3");
    old.play(at(0), "start");
    old.play(at(0), "c2 start in=7");
    const auto use = old.engine().use_of(ProviderId{0}, KeyIndex{1});
    QCOMPARE(use.requests, std::uint64_t{1});
    QCOMPARE(use.tokens, std::uint64_t{7});
    QCOMPARE(use.running, 1);
    // Only the second one is left, as the first; what runs with the other takes a place, too.
    script::World edited("connect=500 first=500 attempt=500 total=900 targets=A,B keys=2 "
                         "key_limits=2/0/1 limits=0/0/3 wait=9");
    edited.engine().adopt(old.engine(), same, at(1), true,
                          {{KeyIndex{1}, std::nullopt}, {KeyIndex{0}, KeyIndex{1}}});
    QCOMPARE(edited.play(at(1), "start"), std::string{"start#1 A key1"});
    QCOMPARE(edited.play(at(2), "c2 start"), std::string{"c2 start#1 B key0"});
    QCOMPARE(edited.play(at(3), "elsewhere A running=-1"), std::string{}); // the key of before
    QCOMPARE(edited.play(at(4), "c3 start"), std::string{"c3 start#1 B key1"});
    QCOMPARE(edited.play(at(5), "elsewhere A key=0 running=-1"), std::string{});
    QCOMPARE(edited.play(at(6), "c4 start"), std::string{"c4 start#1 A key0"});
    // What is begun elsewhere counts for its minute.
    QCOMPARE(edited.play(at(7), "elsewhere A key=1 begun=1 running=0"), std::string{});
    QCOMPARE(edited.play(at(7), "#1 ok"), std::string{"forward#1, finish success by #1"});
    QCOMPARE(edited.play(at(8), "c5 start prefer=A"), std::string{}); // each key has had its two
}

QTEST_APPLESS_MAIN(TestEngineEdited)
#include "test_engine_edited.moc"
