// Recorded chunks, one JSON payload a line, framed as a stream.
#pragma once

#include <QDir>
#include <QFile>

#include <string>
#include <string_view>
#include <vector>

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

inline std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t end = std::min(text.find('\n', from), text.size());
        if (end > from)
            out.push_back(text.substr(from, end - from));
        from = end + 1;
    }
    return out;
}

inline std::string framed(const std::string& lines, std::string_view end_of_line = "\n",
                          bool done = true, std::string_view prefix = "data: ") {
    std::string out;
    for (const std::string& line : lines_of(lines))
        out.append(prefix).append(line).append(end_of_line).append(end_of_line);
    if (done)
        out.append(prefix).append("[DONE]").append(end_of_line).append(end_of_line);
    return out;
}

} // namespace fixtures
