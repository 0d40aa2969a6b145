#include "support/ctl.h"

#include <QDirIterator>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryDir>

namespace brownout::test {

QJsonObject CtlResult::json() const {
    return QJsonDocument::fromJson(out.toUtf8()).object();
}

QString ctl_path() {
    return QStringLiteral(BROWNOUT_BIN_DIR "/brownoutctl");
}

CtlResult ctl(const QStringList& arguments, const CtlOptions& options) {
    QProcess process;
    // What a test spends is no one's money: each test program has a ledger of its own.
    static const QTemporaryDir state;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("BROWNOUT_LEDGER"),
                       state.filePath(QStringLiteral("ledger.sqlite3")));
    for (auto it = options.environment.begin(); it != options.environment.end(); ++it) {
        environment.insert(it.key(), it.value());
    }
    process.setProcessEnvironment(environment);
    QElapsedTimer timer;
    timer.start();
    process.start(ctl_path(), arguments);
    process.write(options.input);
    process.closeWriteChannel();
    CtlResult result;
    if (!process.waitForFinished(options.limit_ms)) {
        process.kill();
        process.waitForFinished();
        result.err = QStringLiteral("did not end within %1 ms\n").arg(options.limit_ms);
    } else if (process.exitStatus() == QProcess::NormalExit) {
        result.code = process.exitCode();
    }
    result.ms = timer.elapsed();
    result.out = QString::fromUtf8(process.readAllStandardOutput());
    result.err += QString::fromUtf8(process.readAllStandardError());
    return result;
}

QString write(const QString& dir, const QString& name, const QByteArray& text) {
    QFile file(dir + QLatin1Char('/') + name);
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) {
        qFatal("cannot write %s", qPrintable(file.fileName()));
    }
    return file.fileName();
}

QByteArray read(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray{};
}

QStringList files_holding(const QString& dir, const QByteArray& needle) {
    QStringList found;
    QDirIterator it(dir, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (it.hasNext()) {
        const QString path = it.next();
        if (read(path).contains(needle))
            found << path;
    }
    return found;
}

} // namespace brownout::test
