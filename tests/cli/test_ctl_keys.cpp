// keys, against a real keyring daemon in a private D-Bus session; and a canary key that must be in
// no file that the product wrote.
#include "support/ctl.h"
#include "support/plain_provider.h"

#include <QDir>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

using namespace brownout::test;

namespace {

const QString canary = QStringLiteral("sk-canary-0b5c7e-4711");

// Runs a shell script in a D-Bus session of its own with an unlocked keyring; HOME is `dir`.
struct Shell {
    int code = -1;
    QString out, err;
};
Shell in_keyring_session(const QString& dir, const QString& script) {
    const QString path =
        write(dir, "session.sh",
              ("printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1\n"
               "i=0\n"
               "until dbus-send --session --print-reply --dest=org.freedesktop.DBus /"
               " org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets"
               " | grep -q true || [ $i -ge 300 ]; do i=$((i+1)); sleep 0.1; done\n" +
               script + "\ncode=$?\npkill -P $$ gnome-keyring-d 2>/dev/null || true\nexit $code\n")
                  .toUtf8());
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const char* name : {"HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"}) {
        environment.insert(QString::fromLatin1(name), dir);
    }
    environment.insert("BROWNOUTCTL", ctl_path());
    process.setProcessEnvironment(environment);
    process.start("dbus-run-session", {"--", "sh", path});
    Shell shell;
    if (process.waitForFinished(60'000))
        shell.code = process.exitCode();
    shell.out = QString::fromUtf8(process.readAllStandardOutput());
    shell.err = QString::fromUtf8(process.readAllStandardError());
    return shell;
}

} // namespace

class TestCtlKeys : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() {
        for (const char* tool : {"dbus-run-session", "dbus-send", "gnome-keyring-daemon"}) {
            if (QStandardPaths::findExecutable(QString::fromLatin1(tool)).isEmpty()) {
                QSKIP(qPrintable(QStringLiteral("%1 is not installed").arg(tool)));
            }
        }
    }

    void storeListUseRemove() {
        QTemporaryDir dir;
        QFile::setPermissions(dir.path(), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        PlainProvider server(PlainProvider::answers, "kept");
        const QString chain =
            write(dir.path(), "a.chain.json",
                  "{\"format\":\"brownout.chain/1\",\"name\":\"t\",\"providers\":[{\"id\":\"p\","
                  "\"dialect\":\"openai\",\"base_url\":\"" +
                      QByteArray::fromStdString(server.base_url()) +
                      "\",\"key\":\"keychain:mine\"}],\"chains\":[{\"id\":\"default\",\"targets\":"
                      "[{\"provider\":\"p\",\"model\":\"m\"}]}]}");
        const Shell shell = in_keyring_session(
            dir.path(),
            QStringLiteral("set -e\n"
                           "printf %1 | \"$BROWNOUTCTL\" keys set mine\n"
                           "\"$BROWNOUTCTL\" keys list\n"
                           "\"$BROWNOUTCTL\" send %2 --prompt hello --log %3\n"
                           "\"$BROWNOUTCTL\" export %2 -o %4\n"
                           "\"$BROWNOUTCTL\" keys remove mine\n"
                           "\"$BROWNOUTCTL\" keys list\n"
                           "! \"$BROWNOUTCTL\" send %2 --prompt again\n")
                .arg(canary, chain, dir.filePath("log.jsonl"), dir.filePath("out.json")));
        QVERIFY2(shell.code == 0, qPrintable(shell.out + shell.err));
        QCOMPARE(shell.out.count("keychain:mine"), 1); // listed once, then gone
        QVERIFY(shell.out.contains("The answer is kept."));
        QVERIFY(QByteArray::fromStdString(server.last_request()).contains(canary.toUtf8()));
        QCOMPARE(server.requests(), 1); // the second send had no key, and sent nothing
        QVERIFY(!(shell.out + shell.err).contains(canary));
        QFile::remove(dir.filePath("session.sh")); // the test's own copy
        QCOMPARE(files_holding(dir.path(), canary.toUtf8()), QStringList{});
        QVERIFY(read(dir.filePath("log.jsonl")).contains("request_finished"));
    }

    // The keys are stored only when the chain that names them can be written.
    void importStoresNothingInVain() {
        QTemporaryDir dir;
        QFile::setPermissions(dir.path(), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        write(dir.path(), "my.env", "OPENAI_API_KEY=" + canary.toUtf8() + "\n");
        write(dir.path(), "there.json", "mine");
        const Shell shell = in_keyring_session(
            dir.path(),
            QStringLiteral("i() { \"$BROWNOUTCTL\" import %1/my.env --store-keys -o \"$1\"; }\n"
                           "i %1/there.json; echo code $?\n"
                           "i %1/no/folder/x.json; echo code $?\n"
                           "\"$BROWNOUTCTL\" keys list; echo then\n"
                           "i %1/x.json; echo code $?\n"
                           "\"$BROWNOUTCTL\" keys list\n")
                .arg(dir.path()));
        const QString before = shell.out.section("then", 0, 0),
                      after = shell.out.section("then", 1);
        QCOMPARE(before.count("code 2"), 2);
        QVERIFY2(!before.contains("keychain:"), qPrintable(shell.out));
        QVERIFY2(after.contains("code 0") && after.contains("keychain:openai"),
                 qPrintable(shell.out + shell.err));
        QCOMPARE(read(dir.filePath("there.json")), QByteArray("mine"));
    }

    void withoutAKeychain() {
        CtlOptions options;
        options.environment["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent";
        options.input = canary.toUtf8();
        const CtlResult result = ctl({"keys", "set", "mine"}, options);
        QVERIFY2(result.code == 4, qPrintable(result.err));
        QVERIFY2(result.err.contains("env:"), qPrintable(result.err));
        QVERIFY(!(result.out + result.err).contains(canary));
    }
};

QTEST_GUILESS_MAIN(TestCtlKeys)
#include "test_ctl_keys.moc"
