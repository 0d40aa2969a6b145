#include "support/foreign_server.h"

#include <QMutex>
#include <QPointer>
#include <QSemaphore>
#include <QTcpServer>
#include <QTcpSocket>

#include <sys/socket.h>

namespace brownout::test {

struct ForeignServer::Shared {
    Behaviour behaviour;
    QString marker;
    QMutex mutex;
    QByteArray last;
};

namespace {

QByteArray chunk(const QByteArray& text) { // HTTP chunked framing
    return QByteArray::number(text.size(), 16) + "\r\n" + text + "\r\n";
}

QByteArray event(const QByteArray& delta, const QByteArray& finish = "null") {
    return "data: {\"id\":\"f-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":"
           "\"foreign\",\"choices\":[{\"index\":0,\"delta\":" +
           delta + ",\"finish_reason\":" + finish + "}]}\n\n";
}

QByteArray token(const QString& text) {
    return event("{\"content\":\"" + text.toUtf8() + "\"}");
}

QByteArray json_reply(const QByteArray& status, const QByteArray& body) {
    return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " +
           QByteArray::number(body.size()) + "\r\n\r\n" + body;
}

const QByteArray stream_head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";
const QByteArray usage = "\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7,"
                         "\"total_tokens\":18}";

void reset(QTcpSocket* socket) {
    const linger now{1, 0};
    setsockopt(static_cast<int>(socket->socketDescriptor()), SOL_SOCKET, SO_LINGER, &now,
               sizeof now);
    socket->abort();
}

void answer(QTcpSocket* socket, const QString& marker, bool stream) {
    const QString text = QStringLiteral("The answer is %1.").arg(marker);
    if (!stream) {
        socket->write(json_reply(
            "200 OK",
            "{\"id\":\"f-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"foreign\","
            "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" +
                text.toUtf8() + "\"},\"finish_reason\":\"stop\"}]," + usage + "}"));
        return;
    }
    QByteArray out = stream_head + chunk(event("{\"role\":\"assistant\",\"content\":\"\"}"));
    for (const QString& word : text.split(QLatin1Char(' '))) {
        out += chunk(token(word == QLatin1String("The") ? word : QLatin1Char(' ') + word));
    }
    out += chunk(event("{}", "\"stop\""));
    out += chunk("data: {\"id\":\"f-1\",\"object\":\"chat.completion.chunk\",\"created\":1,"
                 "\"model\":\"foreign\",\"choices\":[]," +
                 usage + "}\n\n");
    out += chunk("data: [DONE]\n\n") + "0\r\n\r\n";
    socket->write(out);
}

void act(QTcpSocket* socket, ForeignServer::Behaviour behaviour, const QString& marker,
         bool stream) {
    const auto partial = [&] {
        socket->write(stream_head + chunk(token(QStringLiteral("broken"))) +
                      chunk(token(QStringLiteral(" half"))) +
                      chunk(token(QStringLiteral(" answer"))));
        socket->flush();
    };
    switch (behaviour) {
    case ForeignServer::answers:
        return answer(socket, marker, stream);
    case ForeignServer::answers_503:
        socket->write(json_reply("503 Service Unavailable",
                                 "{\"error\":{\"message\":\"Overloaded\",\"type\":"
                                 "\"service_unavailable_error\",\"param\":null,\"code\":"
                                 "\"server_is_overloaded\"}}"));
        return;
    case ForeignServer::answers_400:
        socket->write(json_reply(
            "400 Bad Request", "{\"error\":{\"message\":\"messages must not be empty\",\"type\":"
                               "\"invalid_request_error\",\"param\":\"messages\",\"code\":null}}"));
        return;
    case ForeignServer::answers_401:
        socket->write(json_reply("401 Unauthorized",
                                 "{\"error\":{\"message\":\"Incorrect API key provided\",\"type\":"
                                 "\"invalid_request_error\",\"param\":null,\"code\":"
                                 "\"invalid_api_key\"}}"));
        return;
    case ForeignServer::hangs:
        return;
    case ForeignServer::resets:
        return reset(socket);
    case ForeignServer::stalls:
        socket->write(stream_head + chunk(token(QStringLiteral("broken"))));
        return;
    case ForeignServer::cuts:
        partial();
        socket->disconnectFromHost();
        return;
    case ForeignServer::resets_mid_stream:
        partial();
        socket->waitForBytesWritten(1000);
        QThread::msleep(50); // let the client read before RST throws its buffer away
        reset(socket);
        return;
    }
}

} // namespace

ForeignServer::ForeignServer(Behaviour behaviour, QString marker)
    : shared_(std::make_shared<Shared>()) {
    shared_->behaviour = behaviour;
    shared_->marker = std::move(marker);
    auto* context = new QObject; // lives in the thread, and with it everything below
    context->moveToThread(&thread_);
    QObject::connect(&thread_, &QThread::finished, context, &QObject::deleteLater);
    thread_.start();
    QSemaphore ready;
    QMetaObject::invokeMethod(context, [this, context, &ready] {
        auto* server = new QTcpServer(context);
        if (!server->listen(QHostAddress::LocalHost))
            qFatal("no port on loopback");
        port_ = server->serverPort();
        QObject::connect(server, &QTcpServer::newConnection, server, [this, server] {
            while (QTcpSocket* socket = server->nextPendingConnection()) {
                auto buffer = std::make_shared<QByteArray>();
                QObject::connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
                QObject::connect(socket, &QTcpSocket::readyRead, socket, [this, socket, buffer] {
                    *buffer += socket->readAll();
                    const auto head = buffer->indexOf("\r\n\r\n");
                    if (head < 0)
                        return;
                    const QByteArray lower = buffer->left(head).toLower();
                    const auto at = lower.indexOf("content-length:");
                    const int length =
                        at < 0 ? 0
                               : lower.mid(at + 15, lower.indexOf('\r', at + 15) - at - 15)
                                     .trimmed()
                                     .toInt();
                    if (buffer->size() < head + 4 + length)
                        return;
                    const QByteArray request = buffer->left(head + 4 + length);
                    buffer->remove(0, head + 4 + length);
                    {
                        const QMutexLocker lock(&shared_->mutex);
                        shared_->last = request;
                    }
                    ++requests_;
                    QByteArray compact = request.mid(head + 4);
                    compact.replace(" ", "");
                    act(socket, shared_->behaviour, shared_->marker,
                        compact.contains("\"stream\":true"));
                });
            }
        });
        ready.release();
    });
    ready.acquire();
}

ForeignServer::~ForeignServer() {
    thread_.quit();
    thread_.wait();
}

QString ForeignServer::base_url() const {
    return QStringLiteral("http://127.0.0.1:%1/v1").arg(port_);
}

QByteArray ForeignServer::last_request() const {
    const QMutexLocker lock(&shared_->mutex);
    return shared_->last;
}

} // namespace brownout::test
