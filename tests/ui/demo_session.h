// A real session on the demo chain, with a worker and simulated providers that are quick enough
// for tests.
#pragma once

#include "ui/shell/session.h"
#include "ui/shell/theme.h"

#include <QApplication>
#include <QTemporaryDir>
#include <QTest>

namespace brownout::ui {

// Every unexpected Qt warning fails the test function that is running.
inline void failOnAnyWarning() {
    QTest::failOnWarning(
        QRegularExpression(QStringLiteral("^(?!This plugin does not support).*$")));
}

inline chain::Json demoJson() {
    const auto text = chain::read_file(BROWNOUT_SOURCE_DIR "/resources/demo.chain.json");
    return *chain::parse_json(*text, "demo.chain.json");
}

// The demo with constant times, in ms.
inline chain::Json quickDemo(double firstToken = 20, double token = 2) {
    chain::Json json = demoJson();
    json["chains"].erase(1); // who tests pictures brings a chain for them
    for (auto& provider : json["providers"])
        provider["model"] = {{"first_token_ms", firstToken}, {"token_ms", token}};
    json["policy"]["retry"] = {
        {"backoff", {{"kind", "fixed"}, {"base_ms", 60}, {"jitter", "none"}}}};
    return json;
}

struct DemoSession {
    QTemporaryDir dir;
    chain::KeyStore keys;
    Session session;
    explicit DemoSession(chain::Json json = quickDemo()) : session(keys, {}, dir.path()) {
        session.editor().openUnsaved(std::move(json), QStringLiteral("demo"));
    }
    bool isUp() {
        return QTest::qWaitFor([this] { return !session.snapshot()->targets.empty(); }, 5000);
    }
    // The worker has taken the document, and these faults (of any kind) act.
    bool hasFaults(std::size_t n) {
        return QTest::qWaitFor([&] { return session.snapshot()->active_faults.size() == n; }, 5000);
    }
};

template <class W>
W* child(QWidget& root, const char* name) {
    W* found = root.findChild<W*>(QString::fromLatin1(name));
    if (!found)
        qFatal("no widget named %s", name);
    return found;
}

// BROWNOUT_SHOTS=DIR keeps pictures of what was tested, for people to look at.
inline void keepPicture(QWidget& widget, const QString& name) {
    const QString dir = qEnvironmentVariable("BROWNOUT_SHOTS");
    if (dir.isEmpty())
        return;
    QTest::qWait(50); // what was laid out anew
    widget.grab().save(dir + QLatin1Char('/') + name + QStringLiteral(".png"));
}

} // namespace brownout::ui
