#include "ui/pages/playground/image_tab.h"

#include "ui/pages/playground/composer.h"
#include "ui/pages/playground/fields.h"
#include "ui/pages/playground/image_settings.h"
#include "ui/pages/playground/outcome_view.h"
#include "ui/pages/playground/picture_view.h"
#include "ui/pages/playground/raw_view.h"
#include "ui/pages/playground/result_panel.h"
#include "ui/pages/playground/side_column.h"
#include "ui/pages/playground/turn_text.h"
#include "ui/shell/theme.h"

#include <QBoxLayout>
#include <QListView>
#include <QPushButton>
#include <QStackedWidget>

namespace brownout::ui {

ImageTab::ImageTab(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(12);
    row->addWidget(makeLeft());
    composer_ =
        new Composer(tr("A lighthouse at dusk, painted in oil"), tr("Make it"), "picture_", this);
    panel_ = new ResultPanel(tr("Picture"), makeResult(), composer_, this);
    panel_->setObjectName(QStringLiteral("image_panel"));
    row->addWidget(panel_, 1);
    connectParts();
    showNothing();
}

QWidget* ImageTab::makeLeft() {
    settings_ = new ImageSettings(this);
    settings_->setObjectName(QStringLiteral("image_settings"));
    again_ = new QPushButton(tr("Use again"), this);
    again_->setObjectName(QStringLiteral("use_picture_again"));
    again_->setAccessibleName(again_->text());
    again_->setProperty("flat", true);
    again_->setToolTip(tr("Puts its prompt and settings back into the editor"));
    auto* left = new SideColumn(settings_, tr("Last pictures"), again_, this);
    list_ = left->addList("picture_history", history_, PictureHistory::outcomeRole);
    emptyHistory_ = mutedLabel(tr("The last eight appear here."), left);
    emptyHistory_->setAlignment(Qt::AlignCenter);
    left->addBelow(emptyHistory_);
    return left;
}

QWidget* ImageTab::makeResult() {
    auto* result = new QWidget(this);
    auto* column = new QVBoxLayout(result);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit);
    outcome_ = new OutcomeView(result);
    column->addWidget(outcome_);
    auto* head = new QHBoxLayout;
    by_ = new QLabel(result);
    by_->setObjectName(QStringLiteral("picture_by"));
    by_->setProperty("title", true);
    by_->setTextFormat(Qt::PlainText);
    figures_ = mutedLabel({}, result);
    figures_->setObjectName(QStringLiteral("picture_figures"));
    figures_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    head->addWidget(by_);
    head->addWidget(figures_, 1);
    column->addLayout(head);

    stack_ = new QStackedWidget(result);
    nothing_ = new QWidget(stack_);
    auto* inner = new QVBoxLayout(nothing_);
    hint_ = mutedLabel({}, nothing_);
    hint_->setObjectName(QStringLiteral("picture_hint"));
    hint_->setAlignment(Qt::AlignCenter);
    hint_->setWordWrap(true);
    toChains_ = new QPushButton(tr("Open Chains"), nothing_);
    toChains_->setObjectName(QStringLiteral("add_image_target"));
    toChains_->setAccessibleName(toChains_->text());
    inner->addStretch(1);
    inner->addWidget(hint_);
    inner->addSpacing(gridUnit);
    inner->addWidget(toChains_, 0, Qt::AlignHCenter);
    inner->addStretch(1);
    picture_ = new PictureView(stack_);
    stack_->addWidget(nothing_);
    stack_->addWidget(picture_);
    column->addWidget(stack_, 1);
    return result;
}

void ImageTab::connectParts() {
    connect(composer_, &Composer::send, this, &ImageTab::send);
    connect(composer_, &Composer::stop, this, &ImageTab::stop);
    connect(composer_, &Composer::edited, this, &ImageTab::refreshDetails);
    connect(settings_, &ImageSettings::changed, this, [this] {
        refreshReady();
        refreshDetails();
    });
    connect(outcome_, &OutcomeView::chainsRequested, this, &ImageTab::chainsRequested);
    connect(toChains_, &QPushButton::clicked, this, [this] { Q_EMIT chainsRequested({}); });
    connect(picture_, &PictureView::told, &session_, &Session::notice);
    connect(panel_, &ResultPanel::tabShown, this, &ImageTab::refreshDetails);
    connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex& index) {
                const auto* entry = history_.at(index.row());
                if (!entry || entry->id == shown_)
                    return;
                shown_ = entry->id;
                showShown();
            });
    const auto useAgain = [this] {
        const auto* entry = history_.entry(shown_);
        if (!entry)
            return;
        composer_->setPrompt(entry->prompt());
        settings_->setSettings(*entry->request.image);
        composer_->focusPrompt();
    };
    connect(again_, &QPushButton::clicked, this, useAgain);
    connect(list_, &QListView::activated, this, useAgain);
    connect(&session_, &Session::snapshotChanged, this, &ImageTab::onSnapshot);
}

bool ImageTab::chainMakesPictures() const {
    const auto& document = session_.editor().document();
    const chain::Chain* c = document.chain(chain_.toStdString());
    if (!c)
        return false;
    const chain::Compiled compiled = chain::compile(document);
    return std::any_of(c->targets.begin(), c->targets.end(), [&](const chain::Target& t) {
        const auto id = compiled.target(t.name());
        return t.enabled && id &&
               compiled.setup.targets[id->value].capabilities.has(engine::Capabilities::image);
    });
}

void ImageTab::setChain(const QString& chain) {
    chain_ = chain;
    refreshReady();
    if (shown_ == 0)
        showNothing();
    refreshDetails();
}

void ImageTab::refreshReady() {
    composer_->setBlocked(!chainMakesPictures() ? tr("No target of this chain makes pictures")
                                                : settings_->problem());
}

void ImageTab::focusPrompt() {
    composer_->focusPrompt();
}

wire::ChatRequest ImageTab::request() const {
    wire::ChatRequest out;
    out.image = settings_->settings();
    out.image->prompt = composer_->prompt().toStdString();
    return out;
}

void ImageTab::sendPrompt(const QString& prompt) {
    composer_->setPrompt(prompt);
    send();
}

void ImageTab::send() {
    if (!composer_->hasPrompt() || running_ != 0 || !settings_->problem().isEmpty() ||
        !chainMakesPictures())
        return;
    wire::ChatRequest asked = request();
    const quint64 id = session_.sendPrompt(chain_, asked);
    history_.add(id, chain_, std::move(asked));
    shown_ = running_ = id;
    composer_->setRunning(true);
    list_->setCurrentIndex(history_.index(0));
    showShown();
    Q_EMIT sent();
}

void ImageTab::stop() {
    if (running_ == 0)
        return;
    session_.post(live::CancelPrompt{running_});
    const auto* entry = history_.entry(running_);
    if (!entry || entry->view.record.id.empty()) { // never taken up: nothing will end it
        running_ = 0;
        composer_->setRunning(false);
    }
}

void ImageTab::onSnapshot() {
    if (history_.update(*session_.snapshot(), shown_))
        showShown();
    if (running_ == 0)
        return;
    const auto* entry = history_.entry(running_);
    if (entry && !entry->view.finished)
        return;
    running_ = 0;
    composer_->setRunning(false);
}

void ImageTab::showNothing() {
    outcome_->clear(tr("Each provider that is tried appears here, with how it went."));
    by_->clear();
    figures_->clear();
    const bool makes = chainMakesPictures();
    hint_->setText(
        makes ? tr("Describe a picture and press Ctrl+Enter.\nWhat is not set at the left is not "
                   "sent: each model uses its own default.")
              : tr("No target of the chain \"%1\" makes pictures.\nAdd one on the Chains page: a "
                   "provider that speaks FAL, Replicate, NexaAPI, Stability AI, or OpenAI with a "
                   "model such as gpt-image-1.\nA simulated one needs no key: give it the address "
                   "lab:, the dialect fal and the model fal-ai/flux/dev.")
                    .arg(chain_));
    toChains_->setVisible(!makes);
    stack_->setCurrentWidget(nothing_);
    again_->setVisible(false);
    list_->setVisible(false);
    emptyHistory_->setVisible(true);
}

void ImageTab::showShown() {
    const auto* entry = history_.entry(shown_);
    if (!entry)
        return;
    const live::PromptView& view = entry->view;
    again_->setVisible(true);
    list_->setVisible(true);
    emptyHistory_->setVisible(false);
    outcome_->showOutcome(view, entry->pictured);
    const std::string& by = view.record.served_by;
    const auto slash = by.find('/');
    by_->setText(by.empty() ? QString()
                            : providerName(by) + QStringLiteral(" · ") +
                                  QString::fromStdString(by.substr(slash + 1)));
    by_->setVisible(!by.empty());
    figures_->setText(figuresText(view));
    if (view.pictures) {
        picture_->showPictures(view.pictures, entry->prompt());
        stack_->setCurrentWidget(picture_);
    } else {
        hint_->setText(!view.finished ? tr("The picture is being made…")
                       : view.record.result == engine::CallResult::cancelled
                           ? tr("Stopped before a picture came.")
                           : tr("No picture came."));
        toChains_->hide();
        stack_->setCurrentWidget(nothing_);
    }
    refreshDetails();
}

void ImageTab::refreshDetails() {
    const auto* entry = history_.entry(shown_);
    if (panel_->tab() == ResultPanel::rawTab)
        panel_->raw()->showWire(entry ? &entry->view : nullptr);
    if (panel_->tab() != ResultPanel::codeTab)
        return;
    int first = 0;
    auto choices =
        entry ? codeChoices(session_, entry->chain, entry->request, entry->view.wire, &first)
              : codeChoices(session_, chain_, request(), {}, &first);
    panel_->code()->showChoices(std::move(choices), first);
}

} // namespace brownout::ui
