#include "ui/pages/playground/playground_page.h"

#include "ui/pages/playground/batch_tab.h"
#include "ui/pages/playground/chat_tab.h"
#include "ui/pages/playground/fields.h"
#include "ui/pages/playground/image_tab.h"
#include "ui/shell/theme.h"
#include "ui/widgets/message_bar.h"

#include <QBoxLayout>
#include <QComboBox>
#include <QShortcut>
#include <QShowEvent>
#include <QStackedWidget>
#include <QTabBar>

namespace brownout::ui {

PlaygroundPage::PlaygroundPage(Session& session, QWidget* parent)
    : QWidget(parent), session_(session) {
    setObjectName(QStringLiteral("playground_page"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * gridUnit, gridUnit, 2 * gridUnit, 2 * gridUnit);
    column->setSpacing(gridUnit);
    column->addWidget(makeHead());
    keys_ = new MessageBar(this);
    keys_->setObjectName(QStringLiteral("missing_keys"));
    column->addWidget(keys_);
    stack_ = new QStackedWidget(this);
    chat_ = new ChatTab(session_, stack_);
    image_ = new ImageTab(session_, stack_);
    stack_->addWidget(chat_);
    batch_ = new BatchTab(session_, stack_);
    stack_->addWidget(image_);
    stack_->addWidget(batch_);
    column->addWidget(stack_, 1);

    auto* escape = new QShortcut(Qt::Key_Escape, this);
    escape->setContext(Qt::WidgetWithChildrenShortcut);
    connect(escape, &QShortcut::activated, this, [this] {
        if (tabs_->currentIndex() == batchTab)
            batch_->pause(); // nothing of it is lost
        else if (tabs_->currentIndex() == imageTab)
            image_->stop();
        else
            chat_->stop();
    });
    connect(tabs_, &QTabBar::currentChanged, this, [this](int tab) {
        stack_->setCurrentIndex(tab);
        focusPrompt();
    });
    connect(chain_, &QComboBox::activated, this, &PlaygroundPage::onChain);
    connect(chat_, &ChatTab::chainsRequested, this, &PlaygroundPage::chainsRequested);
    connect(chat_, &ChatTab::sent, this, &PlaygroundPage::checkKeys);
    connect(image_, &ImageTab::chainsRequested, this, &PlaygroundPage::chainsRequested);
    connect(image_, &ImageTab::sent, this, &PlaygroundPage::checkKeys);
    connect(&session_, &Session::chainChanged, this, [this] {
        onDocument();
        setChain(session_.chainId());
    });
    connect(&session_.editor(), &DocumentEditor::changed, this, &PlaygroundPage::onDocument);
    onDocument();
    setChain(session_.chainId());
}

QWidget* PlaygroundPage::makeHead() {
    auto* head = new QWidget(this);
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gridUnit);
    tabs_ = new QTabBar(head);
    tabs_->setObjectName(QStringLiteral("playground_tabs"));
    tabs_->setAccessibleName(tr("What to ask for"));
    tabs_->setDrawBase(false);
    tabs_->setExpanding(false);
    tabs_->addTab(tr("Chat"));
    tabs_->addTab(tr("Image"));
    tabs_->addTab(tr("Batch"));
    row->addWidget(tabs_);
    row->addStretch(1);
    mode_ = mutedLabel({}, head);
    mode_->setObjectName(QStringLiteral("playground_mode"));
    row->addWidget(mode_);
    row->addSpacing(gridUnit);
    chain_ = new QComboBox(head);
    chain_->setObjectName(QStringLiteral("playground_chain"));
    chain_->setMinimumWidth(18 * gridUnit);
    row->addWidget(captionFor(chain_, tr("Chain"), head));
    row->addWidget(chain_);
    return head;
}

QString PlaygroundPage::chain() const {
    return chain_->currentText();
}

void PlaygroundPage::setChain(const QString& id) {
    chain_->setCurrentIndex(std::max(0, chain_->findText(id)));
    onChain();
}

void PlaygroundPage::showTab(Tab tab) {
    tabs_->setCurrentIndex(tab);
}

void PlaygroundPage::sendPrompt(const QString& prompt) {
    tabs_->setCurrentIndex(chatTab);
    chat_->sendPrompt(prompt);
}

// Keeps the chosen chain where it is still there.
void PlaygroundPage::onDocument() {
    QStringList ids, there;
    for (const chain::Chain& c : session_.editor().document().chains)
        ids << QString::fromStdString(c.id);
    for (int i = 0; i < chain_->count(); ++i)
        there << chain_->itemText(i);
    if (there != ids) {
        const QString chosen = chain();
        chain_->clear();
        chain_->addItems(ids);
        chain_->setCurrentIndex(std::max(0, chain_->findText(chosen)));
    }
    onChain();
}

void PlaygroundPage::onChain() {
    chat_->setChain(chain());
    image_->setChain(chain());
    showMode();
    checkKeys();
}

void PlaygroundPage::showMode() {
    const auto& document = session_.editor().document();
    QStringList real;
    if (const chain::Chain* c = document.chain(chain().toStdString()))
        for (const chain::Target& t : c->targets) {
            const auto* provider = document.provider(t.provider);
            const QString name = Session::displayName(QString::fromStdString(t.provider));
            if (t.enabled && provider && !provider->simulated() && !real.contains(name))
                real << name;
        }
    batch_->setChain(chain(), !real.isEmpty());
    mode_->setText(
        real.isEmpty()
            ? tr("Simulated providers answer: nothing leaves this computer.")
            : tr("Live: requests may call %1 and are billed there.").arg(real.join(", ")));
}

// A provider without its key fails every time; said before it is tried, with the way to mend it.
void PlaygroundPage::checkKeys() {
    if (!isVisible() && !keys_->isVisible())
        return; // keychains are asked only for what someone looks at
    const auto& document = session_.editor().document();
    QStringList missing;
    QString first;
    if (const chain::Chain* c = document.chain(chain().toStdString()))
        for (const chain::Target& t : c->targets) {
            const auto* provider = document.provider(t.provider);
            if (!provider || !t.enabled || provider->simulated() || provider->keys.empty())
                continue;
            const bool found =
                std::any_of(provider->keys.begin(), provider->keys.end(), [&](const auto& ref) {
                    return ref.source == chain::KeyRef::Source::none ||
                           session_.keys().find(ref).has_value();
                });
            const QString text =
                tr("%1 (%2)").arg(Session::displayName(QString::fromStdString(provider->id)),
                                  QString::fromStdString(provider->keys.front().text()));
            if (found || missing.contains(text))
                continue;
            if (first.isEmpty())
                first = QString::fromStdString(provider->id);
            missing << text;
        }
    if (missing.isEmpty()) {
        keys_->clear();
        return;
    }
    keys_->show(tr("No key was found for %1: such a provider fails every request.")
                    .arg(missing.join(QStringLiteral(", "))),
                Tone::warn, {{tr("Add a key on Chains"), QStringLiteral("add_key"), [this, first] {
                                  Q_EMIT chainsRequested(first);
                              }}});
}

void PlaygroundPage::focusPrompt() {
    if (tabs_->currentIndex() == batchTab)
        batch_->focusPrompt();
    else if (tabs_->currentIndex() == imageTab)
        image_->focusPrompt();
    else
        chat_->focusPrompt();
}

void PlaygroundPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    checkKeys();
    if (!event->spontaneous()) // come to the page, not merely back to the window
        focusPrompt();
}

} // namespace brownout::ui
