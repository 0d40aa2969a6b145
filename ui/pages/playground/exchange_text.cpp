#include "ui/pages/playground/exchange_text.h"

#include "ui/models/format.h"
#include "wire/picture.h"
#include "wire/request_parts.h"

#include <QObject>

#include <algorithm>

namespace brownout::ui {
namespace {

bool isText(const std::string& body) {
    const auto control = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 && c != '\n' && c != '\r' && c != '\t';
    };
    return wire::picture_mime(body).empty() && std::none_of(body.begin(), body.end(), control);
}

QString bodyText(const std::string& body, std::size_t all) {
    if (all == 0)
        return {};
    if (!isText(body)) {
        const auto mime = wire::picture_mime(body);
        return QObject::tr("(%1, %2 bytes)")
            .arg(mime.empty() ? QObject::tr("bytes that are no text")
                              : QString::fromUtf8(mime.data(), static_cast<qsizetype>(mime.size())),
                 formatCount(all));
    }
    if (const auto json = wire::json_of(body)) // not what was cut, and nothing too deep
        return QString::fromStdString(
            json->dump(2, ' ', false, chain::Json::error_handler_t::replace));
    QString text = QString::fromStdString(body);
    text.replace(QLatin1String("\r\n"), QLatin1String("\n"));
    const QString cut = cutText(body.size(), all);
    return cut.isEmpty() ? text : text + QStringLiteral("\n\n(%1)").arg(cut);
}

QString headersText(const wire::Headers& headers) {
    QString out;
    for (const auto& [name, value] : headers)
        out += QString::fromStdString(name + ": " + value) + QLatin1Char('\n');
    return out;
}

} // namespace

QString cutText(std::size_t kept, std::size_t all) {
    if (all <= kept)
        return {};
    return QObject::tr("%1 of %2 bytes are kept").arg(formatCount(kept), formatCount(all));
}

QString requestText(const live::Exchange& e) {
    const QString head = QString::fromStdString(e.request.method + " " + e.request.url) +
                         QLatin1Char('\n') + headersText(e.request.headers);
    const QString body = bodyText(e.request.body, e.request_bytes);
    return body.isEmpty() ? head : head + QLatin1Char('\n') + body;
}

QString replyText(const live::Exchange& e) {
    if (e.status == 0)
        return e.over ? QObject::tr("(no reply: %1)").arg(QString::fromStdString(e.end))
                      : QObject::tr("(waiting)");
    QString out = QStringLiteral("HTTP %1\n").arg(e.status) + headersText(e.reply_headers);
    const QString body = bodyText(e.reply, e.reply_bytes);
    if (!body.isEmpty())
        out += QLatin1Char('\n') + body;
    if (e.over && e.end != "complete")
        out += QObject::tr("\n(%1)").arg(QString::fromStdString(e.end));
    return out;
}

} // namespace brownout::ui
