// Recorded chunks, one JSON payload a line, framed as a stream; and every way to split bytes.
#pragma once

#include <QDir>
#include <QFile>

#include <string>
#include <string_view>

namespace fixtures {

inline std::string read(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll().toStdString() : std::string{};
}

inline QString own() {
    return QStringLiteral(BROWNOUT_SOURCE_DIR) + "/tests/fixtures/";
}

// Captured payloads that lie beside a checkout, not in it.
inline QString captured() {
    return QStringLiteral(BROWNOUT_SOURCE_DIR) + "/../shared/data/fixtures/";
}

inline std::string framed(const std::string& lines, std::string_view end_of_line = "\n",
                          bool done = true, std::string_view prefix = "data: ") {
    std::string out;
    for (std::size_t from = 0; from < lines.size();) {
        const std::size_t end = std::min(lines.find('\n', from), lines.size());
        if (end > from)
            out.append(prefix)
                .append(lines, from, end - from)
                .append(end_of_line)
                .append(end_of_line);
        from = end + 1;
    }
    if (done)
        out.append(prefix).append("[DONE]").append(end_of_line).append(end_of_line);
    return out;
}

} // namespace fixtures
