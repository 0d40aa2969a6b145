#include "support/json_schema.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>

namespace brownout::test {
namespace {

const QString script = QStringLiteral(BROWNOUT_SOURCE_DIR "/tests/support/json_schema.py");

// The first Python that has the package: one that was put first in PATH may lack what the system's
// has.
QString python() {
    for (const char* name : {"python3", "/usr/bin/python3"}) {
        QProcess process;
        process.start(QString::fromLatin1(name), {script, QStringLiteral("--probe")});
        if (process.waitForStarted() && process.waitForFinished() && process.exitCode() == 0)
            return QString::fromLatin1(name);
    }
    return {};
}

} // namespace

bool have_schema_validator() {
    return !python().isEmpty();
}

std::vector<QStringList> schema_problems(const std::vector<SchemaJob>& jobs) {
    QProcess process;
    process.start(python(), {script, QStringLiteral(BROWNOUT_SOURCE_DIR "/resources/schemas")});
    for (const SchemaJob& job : jobs) {
        const chain::Json line = {{"schema", job.schema}, {"document", job.document}};
        process.write(QByteArray::fromStdString(line.dump() + "\n"));
    }
    process.closeWriteChannel();
    if (!process.waitForFinished(300'000) || process.exitCode() != 0)
        qFatal("the validator failed: %s", process.readAllStandardError().constData());
    std::vector<QStringList> out;
    for (const QByteArray& line : process.readAllStandardOutput().split('\n')) {
        if (line.isEmpty())
            continue;
        QStringList problems;
        for (const QJsonValue problem : QJsonDocument::fromJson(line).array())
            problems << problem.toString();
        out.push_back(problems);
    }
    if (out.size() != jobs.size())
        qFatal("%zu answers to %zu documents", out.size(), jobs.size());
    return out;
}

} // namespace brownout::test
