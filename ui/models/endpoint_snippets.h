// What a user pastes into a program so that it asks the local endpoint. Pure.
#pragma once

#include <QList>
#include <QString>

namespace brownout::ui {

struct EndpointSnippet {
    QString title; // "Python (openai)"
    QString text;
};
// `url`: "http://127.0.0.1:8484". No key is in it: the endpoint asks for none on loopback.
QList<EndpointSnippet> endpointSnippets(const QString& url);

} // namespace brownout::ui
