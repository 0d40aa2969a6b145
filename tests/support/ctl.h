// Runs brownoutctl as a user does: a process with arguments, stdin and environment.
#pragma once

#include <QJsonObject>
#include <QMap>
#include <QStringList>

namespace brownout::test {

struct CtlResult {
    int code = -1; // -1: it crashed or did not end in time
    QString out, err;
    qint64 ms = 0;
    QJsonObject json() const; // of stdout; empty when that is not exactly one object
};

struct CtlOptions {
    QByteArray input;
    QMap<QString, QString> environment; // added to the test's own
    int limit_ms = 60'000;
};

QString ctl_path();
CtlResult ctl(const QStringList& arguments, const CtlOptions& options = {});

// A file below `dir`; returns its path.
QString write(const QString& dir, const QString& name, const QByteArray& text);
// The whole text of a file; empty when there is none.
QByteArray read(const QString& path);
// Files below `dir`, at any depth, that hold `needle`.
QStringList files_holding(const QString& dir, const QByteArray& needle);

} // namespace brownout::test
