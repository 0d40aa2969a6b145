// Fails a test on any Qt warning that was not expected. Install it in initTestCase.
#pragma once

#include <QByteArray>
#include <QTest>

namespace brownout::test {

inline QtMessageHandler& previous_handler() {
    static QtMessageHandler handler = nullptr;
    return handler;
}

inline QStringList& unexpected_warnings() {
    static QStringList list;
    return list;
}

inline void fail_on_warnings() {
    previous_handler() = qInstallMessageHandler(
        [](QtMsgType type, const QMessageLogContext& context, const QString& message) {
            // The offscreen platform says this of every window.
            if (type != QtDebugMsg && type != QtInfoMsg &&
                !message.contains(QLatin1String("propagateSizeHints")))
                unexpected_warnings() << message;
            previous_handler()(type, context, message);
        });
}

// For cleanup(): what was said since the last call.
inline QString taken_warnings() {
    const QString all = unexpected_warnings().join(QLatin1Char('\n'));
    unexpected_warnings().clear();
    return all;
}

} // namespace brownout::test

#define NO_WARNINGS() QCOMPARE(brownout::test::taken_warnings(), QString())
