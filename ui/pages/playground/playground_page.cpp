#include "ui/pages/playground/playground_page.h"

#include "ui/pages/playground/answer_view.h"
#include "ui/pages/playground/code_sample.h"
#include "ui/pages/playground/request_form.h"
#include "ui/shell/theme.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/two_line_delegate.h"

#include <QBoxLayout>
#include <QClipboard>
#include <QGuiApplication>
#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QPushButton>
#include <QShortcut>
#include <QShowEvent>

namespace brownout::ui {
namespace {

constexpr int leftWidth = 45 * gridUnit;

const chain::Target* firstEnabled(const chain::Chain* chain) {
    if (chain)
        for (const chain::Target& t : chain->targets)
            if (t.enabled)
                return &t;
    return nullptr;
}

} // namespace

PlaygroundPage::PlaygroundPage(Session& session, QWidget* parent)
    : QWidget(parent), session_(session) {
    setObjectName(QStringLiteral("playground_page"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * gridUnit, 2 * gridUnit, 2 * gridUnit, 2 * gridUnit);
    column->setSpacing(12);
    keys_ = new MessageBar(this);
    keys_->setObjectName(QStringLiteral("missing_keys"));
    column->addWidget(keys_);
    auto* row = new QHBoxLayout;
    row->setSpacing(12);
    row->addWidget(makeLeft());
    answer_ = new AnswerView(this);
    answer_->setObjectName(QStringLiteral("answer_view"));
    answer_->addButton(makeCodeButton());
    row->addWidget(answer_, 1);
    column->addLayout(row, 1);

    auto* escape = new QShortcut(Qt::Key_Escape, this);
    escape->setContext(Qt::WidgetWithChildrenShortcut);
    connect(escape, &QShortcut::activated, this, &PlaygroundPage::stop);
    connect(form_, &RequestForm::send, this, &PlaygroundPage::send);
    connect(form_, &RequestForm::stop, this, &PlaygroundPage::stop);
    connect(form_, &RequestForm::chainChosen, this, &PlaygroundPage::onDocument);
    connect(&session_, &Session::snapshotChanged, this, &PlaygroundPage::onSnapshot);
    connect(&session_, &Session::chainChanged, this, [this] {
        onDocument();
        form_->setChain(session_.chainId());
        onDocument();
    });
    connect(&session_.editor(), &DocumentEditor::changed, this, &PlaygroundPage::onDocument);
    onDocument();
    form_->setChain(session_.chainId());
    onSnapshot();
}

QWidget* PlaygroundPage::makeLeft() {
    auto* left = new QWidget(this);
    left->setFixedWidth(leftWidth);
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(12);
    form_ = new RequestForm(left);
    form_->setObjectName(QStringLiteral("request_form"));
    column->addWidget(form_, 1);

    auto* panel = new QFrame(left);
    panel->setProperty("panel", true);
    auto* inner = new QVBoxLayout(panel);
    inner->setContentsMargins(2 * gridUnit, 12, 2 * gridUnit, 12);
    inner->setSpacing(gridUnit);
    auto* head = new QHBoxLayout;
    auto* title = new QLabel(tr("Last prompts"), panel);
    title->setProperty("title", true);
    again_ = new QPushButton(tr("Use again"), panel);
    again_->setObjectName(QStringLiteral("use_again"));
    again_->setAccessibleName(again_->text());
    again_->setProperty("flat", true);
    again_->setToolTip(tr("Puts the selected prompt and its settings back into the editor"));
    head->addWidget(title, 1);
    head->addWidget(again_);
    inner->addLayout(head);
    list_ = new QListView(panel);
    list_->setObjectName(QStringLiteral("prompt_history"));
    list_->setAccessibleName(title->text());
    list_->setProperty("bare", true);
    list_->setModel(&history_);
    list_->setItemDelegate(new TwoLineDelegate(PromptHistory::outcomeRole, list_));
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->setMinimumHeight(8 * gridUnit);
    inner->addWidget(list_, 1);
    emptyHistory_ = new QLabel(tr("The last eight prompts appear here."), panel);
    emptyHistory_->setProperty("muted", true);
    emptyHistory_->setAlignment(Qt::AlignCenter);
    inner->addWidget(emptyHistory_, 1);
    column->addWidget(panel, 1);

    connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex& index) {
                if (const auto* entry = history_.at(index.row()); entry && entry->id != shown_)
                    showEntry(entry->id);
                refreshHistory();
            });
    const auto useAgain = [this] {
        const auto* entry = history_.at(list_->currentIndex().row());
        if (!entry || !entry->request)
            return;
        form_->setRequest(*entry->request);
        form_->setChain(entry->chain);
        onDocument();
        form_->focusPrompt();
    };
    connect(again_, &QPushButton::clicked, this, useAgain);
    connect(list_, &QListView::activated, this, useAgain);
    return left;
}

QPushButton* PlaygroundPage::makeCodeButton() {
    auto* button = new QPushButton(tr("Copy as code"), this);
    button->setObjectName(QStringLiteral("copy_as"));
    button->setAccessibleName(button->text());
    button->setProperty("hasMenu", true);
    button->setIcon(icon(QStringLiteral("code")));
    auto* menu = new QMenu(button);
    const std::pair<const char*, QString> languages[] = {{"copy_as_curl", tr("cURL")},
                                                         {"copy_as_python", tr("Python")},
                                                         {"copy_as_javascript", tr("JavaScript")}};
    int language = 0;
    for (const auto& [name, label] : languages) {
        QAction* action = menu->addAction(label);
        action->setObjectName(QString::fromLatin1(name));
        connect(action, &QAction::triggered, this, [this, language] { copyAs(language); });
        ++language;
    }
    connect(menu, &QMenu::aboutToShow, this, [this, menu, languages] {
        const auto& document = session_.editor().document();
        const auto* target = firstEnabled(document.chain(form_->chain().toStdString()));
        const QString where =
            target ? tr(", direct to %1, without Brownout")
                         .arg(Session::displayName(QString::fromStdString(target->provider)))
                   : QString();
        for (int i = 0; i < menu->actions().size(); ++i)
            menu->actions()[i]->setText(languages[i].second + where);
    });
    button->setMenu(menu);
    return button;
}

void PlaygroundPage::copyAs(int language) {
    const auto& document = session_.editor().document();
    const auto* target = firstEnabled(document.chain(form_->chain().toStdString()));
    const auto* provider = target ? document.provider(target->provider) : nullptr;
    if (!provider)
        return;
    const QString code = codeSample(static_cast<SampleLanguage>(language), *provider, target->model,
                                    form_->request());
    const QString name = Session::displayName(QString::fromStdString(provider->id));
    if (code.isEmpty()) {
        Q_EMIT session_.notice(
            tr("%1 speaks a dialect that cannot be shown as code yet.").arg(name), true);
        return;
    }
    QGuiApplication::clipboard()->setText(code);
    Q_EMIT session_.notice(tr("Copied: the prompt, direct to %1, without Brownout.").arg(name),
                           false);
}

void PlaygroundPage::sendPrompt(const QString& prompt) {
    wire::ChatRequest request = form_->request();
    request.messages.back().text = prompt.toStdString();
    form_->setRequest(request);
    send();
}

void PlaygroundPage::send() {
    if (!form_->hasPrompt() || running_ != 0)
        return;
    checkKeys();
    wire::ChatRequest request = form_->request();
    const quint64 id = session_.sendPrompt(form_->chain(), request);
    history_.add(id, form_->chain(), std::move(request));
    running_ = id;
    form_->setRunning(true);
    showEntry(id);
    list_->setCurrentIndex(history_.index(0));
    refreshHistory();
}

void PlaygroundPage::stop() {
    if (running_ == 0)
        return;
    session_.post(live::CancelPrompt{running_});
    const auto* entry = history_.entry(running_);
    if (entry && entry->view.record.id.empty()) { // never taken up: nothing will end it
        running_ = 0;
        form_->setRunning(false);
    }
}

void PlaygroundPage::onSnapshot() {
    const live::SnapshotPtr snapshot = session_.snapshot();
    const int before = history_.rowCount();
    const bool changed = history_.update(*snapshot, shown_);
    if (shown_ == 0 && history_.rowCount() > 0)
        showEntry(history_.at(0)->id);
    else if (changed)
        showEntry(shown_);
    if (running_ != 0) {
        const auto* entry = history_.entry(running_);
        if (!entry || entry->view.finished) {
            running_ = 0;
            form_->setRunning(false);
        }
    }
    if (history_.rowCount() != before)
        refreshHistory();
}

void PlaygroundPage::showEntry(quint64 id) {
    const auto* entry = history_.entry(id);
    if (!entry)
        return;
    const bool other = shown_ != id;
    shown_ = id;
    if (entry->view.record.id.empty() && !entry->view.finished) {
        answer_->showSending();
        return;
    }
    if (other)
        answer_->showNothing(); // nothing of the one before may remain
    answer_->showPrompt(entry->view, entry->pictured);
}

void PlaygroundPage::refreshHistory() {
    const bool any = history_.rowCount() > 0;
    list_->setVisible(any);
    emptyHistory_->setVisible(!any);
    const auto* entry = history_.at(list_->currentIndex().row());
    again_->setVisible(any);
    again_->setEnabled(entry && entry->request);
}

void PlaygroundPage::onDocument() {
    const auto& document = session_.editor().document();
    QStringList ids;
    for (const chain::Chain& c : document.chains)
        ids << QString::fromStdString(c.id);
    form_->setChains(ids);
    QStringList real;
    if (const chain::Chain* c = document.chain(form_->chain().toStdString()))
        for (const chain::Target& t : c->targets) {
            const auto* provider = document.provider(t.provider);
            const QString name = Session::displayName(QString::fromStdString(t.provider));
            if (t.enabled && provider && !provider->simulated() && !real.contains(name))
                real << name;
        }
    form_->setMode(real.isEmpty()
                       ? tr("Simulated providers answer: nothing leaves this computer.")
                       : tr("Live: Send may call %1 and is billed there.").arg(real.join(", ")));
    checkKeys();
    refreshHistory();
}

// A provider without its key fails every time; said before it is tried, with the way to mend it.
void PlaygroundPage::checkKeys() {
    if (!isVisible() && !keys_->isVisible())
        return; // keychains are asked only for what someone looks at
    const auto& document = session_.editor().document();
    QStringList missing;
    QString first;
    if (const chain::Chain* c = document.chain(form_->chain().toStdString()))
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

void PlaygroundPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    checkKeys();
    if (!event->spontaneous()) // come to the page, not merely back to the window
        form_->focusPrompt();
}

} // namespace brownout::ui
