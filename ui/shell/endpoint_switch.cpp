#include "ui/shell/endpoint_switch.h"

#include "ui/models/endpoint_snippets.h"
#include "ui/shell/theme.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QSpinBox>
#include <QToolButton>
#include <QWidgetAction>

namespace brownout::ui {

EndpointSwitch::EndpointSwitch(Session& session, QWidget* parent)
    : QWidget(parent), session_(session) {
    setObjectName(QStringLiteral("endpoint"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    button_ = new QToolButton(this);
    button_->setObjectName(QStringLiteral("endpoint_switch"));
    button_->setCheckable(true);
    button_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button_->setPopupMode(QToolButton::MenuButtonPopup);
    button_->setFocusPolicy(Qt::StrongFocus);
    button_->setIcon(icon(QStringLiteral("code")));
    menu_ = new QMenu(this);
    menu_->setToolTipsVisible(true);
    button_->setMenu(menu_);
    copy_ = new QToolButton(this);
    copy_->setObjectName(QStringLiteral("endpoint_copy"));
    copy_->setIcon(icon(QStringLiteral("copy")));
    copy_->setFocusPolicy(Qt::StrongFocus);
    copy_->setAccessibleName(tr("Copy the endpoint's address"));
    copy_->setToolTip(tr("Copy the address for clients of OpenAI"));
    copy_->hide();
    row->addWidget(button_);
    row->addWidget(copy_);
    port_ = new QSpinBox(this);
    port_->setObjectName(QStringLiteral("endpoint_port"));
    port_->setRange(0, 65535);
    port_->setValue(usualPort);
    port_->setSpecialValueText(tr("a free one"));
    port_->setAccessibleName(tr("Port of the endpoint"));
    auto* form = new QWidget(menu_);
    auto* line = new QHBoxLayout(form);
    line->setContentsMargins(12, 4, 12, 4);
    line->addWidget(new QLabel(tr("Port"), form));
    line->addWidget(port_, 1);
    auto* portAction = new QWidgetAction(this);
    portAction->setDefaultWidget(form);
    portAction->setObjectName(QStringLiteral("endpoint_port_action"));
    menu_->addAction(portAction);
    fillMenu();

    connect(button_, &QToolButton::clicked, this, &EndpointSwitch::toggle);
    connect(copy_, &QToolButton::clicked, this,
            [this] { copy(url_ + QStringLiteral("/v1"), tr("The address")); });
    connect(port_, &QSpinBox::editingFinished, this, [this] {
        if (asked_ && port_->value() != askedPort_)
            serve(port_->value());
    });
    connect(&session_, &Session::snapshotChanged, this, &EndpointSwitch::onSnapshot);
    onSnapshot();
}

void EndpointSwitch::toggle() {
    if (!asked_)
        return serve(port_->value());
    asked_ = false;
    session_.post(live::StopEndpoint{});
}

void EndpointSwitch::serve(int port) {
    asked_ = true;
    askedPort_ = port;
    error_.clear();
    session_.post(
        live::ServeEndpoint{{"127.0.0.1", static_cast<unsigned short>(port), std::string{}}});
}

void EndpointSwitch::copy(const QString& text, const QString& what) {
    QGuiApplication::clipboard()->setText(text);
    Q_EMIT session_.notice(tr("%1 is on the clipboard.").arg(what), false);
}

void EndpointSwitch::fillMenu() {
    const auto actions = menu_->actions();
    for (qsizetype i = 1; i < actions.size(); ++i) { // the port stays
        menu_->removeAction(actions[i]);
        actions[i]->deleteLater();
    }
    menu_->addSection(url_.isEmpty() ? tr("Switch it on to copy settings") : tr("Copy for"));
    const QString url =
        url_.isEmpty() ? QStringLiteral("http://127.0.0.1:%1").arg(usualPort) : url_;
    for (const EndpointSnippet& snippet : endpointSnippets(url)) {
        QAction* action = menu_->addAction(snippet.title);
        action->setToolTip(snippet.text);
        action->setEnabled(!url_.isEmpty());
        connect(action, &QAction::triggered, this, [this, snippet] {
            copy(snippet.text, tr("What to paste (%1)").arg(snippet.title));
        });
    }
}

void EndpointSwitch::onSnapshot() {
    const live::EndpointView& view = session_.snapshot()->endpoint;
    const QString url = view.listening ? QString::fromStdString(view.url) : QString();
    const QString error = QString::fromStdString(view.error);
    if (error != error_ && !error.isEmpty()) {
        asked_ = false;
        Q_EMIT session_.notice(
            tr("The endpoint does not listen: %1. Choose another port in its menu.").arg(error),
            true);
    }
    error_ = error;
    if (url != url_) {
        url_ = url;
        asked_ = !url.isEmpty();
        fillMenu();
    }
    const bool on = !url_.isEmpty();
    QString text = on ? QString(url_).remove(QStringLiteral("http://")) : tr("Endpoint off");
    if (view.draining && !on)
        text = tr("Endpoint ends: %1 running").arg(view.running);
    if (text == shown_ && button_->isChecked() == on)
        return;
    shown_ = text;
    button_->setChecked(on);
    button_->setText(text);
    button_->setAccessibleName(on ? tr("Local endpoint on %1: switch off").arg(text)
                                  : tr("Local endpoint: switch on"));
    button_->setToolTip(on ? tr("Programs that use this base URL are served by the chain. "
                                "Switch off: requests that run are still answered.")
                           : tr("Serve programs on this computer through the chain: they change "
                                "their base URL and nothing else"));
    copy_->setVisible(on);
}

} // namespace brownout::ui
