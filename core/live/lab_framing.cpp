#include "live/lab_framing.h"

#include <utility>

namespace brownout::live {

void LabFraming::head(int status, const net::Headers& headers, std::size_t announced) {
    if (std::exchange(begun_, true))
        return;
    if (!raw_)
        return exchange_->start(status, headers);
    std::string out = "HTTP/1.1 " + std::to_string(status) + " OK\r\n";
    for (const auto& [name, value] : headers)
        out += name + ": " + value + "\r\n";
    if (wrong_length_)
        out += "Content-Length: " + std::to_string(announced) + "\r\n";
    exchange_->write_raw(out + "Connection: close\r\n\r\n");
}

void LabFraming::put(std::string bytes) {
    if (raw_)
        exchange_->write_raw(std::move(bytes));
    else
        exchange_->write(std::move(bytes));
}

} // namespace brownout::live
