#include "ui/pages/forecast/suggest_view.h"

#include "ui/shell/theme.h"
#include "ui/widgets/bare_table.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/named_button.h"

#include <QComboBox>
#include <QFrame>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QProgressBar>
#include <QStyle>

namespace brownout::ui {
namespace {

QLineEdit* line(const QString& label, const char* name, const QString& hint, QWidget* parent) {
    auto* out = new QLineEdit(parent);
    out->setObjectName(QLatin1String(name));
    out->setAccessibleName(label);
    out->setPlaceholderText(hint);
    out->setFixedWidth(92);
    return out;
}

} // namespace

SuggestView::SuggestView(Session& session, QWidget* parent)
    : QWidget(parent), session_(session), model_(new SuggestionModel(this)) {
    setObjectName(QStringLiteral("suggest_view"));
    setAccessibleName(tr("Suggestions"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(10);
    auto* head = new QHBoxLayout;
    head->setSpacing(12);
    back_ = namedButton(tr("Back to the forecast"), "suggest_back", this);
    back_->setIcon(icon(QStringLiteral("left")));
    connect(back_, &QPushButton::clicked, this, &SuggestView::left);
    heading_ = new QLabel(this);
    heading_->setProperty("heading", true);
    head->addWidget(back_);
    head->addWidget(heading_, 1);
    column->addLayout(head);
    message_ = new MessageBar(this);
    message_->setObjectName(QStringLiteral("suggest_message"));
    column->addWidget(buildGoal());
    column->addWidget(message_);
    column->addWidget(buildFound(), 1);
    connect(&run_, &SuggestRun::progressed, this, [this](double share, const QString& phase) {
        progress_->setValue(static_cast<int>(share * 1000));
        phase_->setText(phase);
    });
    connect(&run_, &SuggestRun::ended, this, &SuggestView::onEnded);
}

QWidget* SuggestView::buildGoal() {
    auto* panel = new QFrame(this);
    panel->setProperty("panel", true);
    auto* row = new QHBoxLayout(panel);
    row->setContentsMargins(14, 10, 14, 10);
    row->setSpacing(gridUnit);
    const auto label = [&](const QString& text) {
        auto* out = new QLabel(text, panel);
        out->setProperty("muted", true);
        row->addWidget(out);
    };
    label(tr("Availability at least"));
    availability_ =
        line(tr("Availability at least"), "suggest_availability", QStringLiteral("99.9"), panel);
    row->addWidget(availability_);
    label(tr("%, spend at most"));
    budget_ = line(tr("Spend at most"), "suggest_budget", tr("any"), panel);
    row->addWidget(budget_);
    label(tr("USD a month"));
    row->addSpacing(gridUnit);
    effort_ = new QComboBox(panel);
    effort_->setObjectName(QStringLiteral("suggest_effort"));
    effort_->setAccessibleName(tr("How long to search"));
    effort_->addItem(tr("a quick look"), 2e7);
    effort_->addItem(tr("thorough"), 2e8);
    row->addWidget(effort_);
    search_ = namedButton(tr("Search"), "suggest_search", panel);
    search_->setProperty("primary", true);
    connect(search_, &QPushButton::clicked, this, &SuggestView::search);
    cancel_ = namedButton(tr("Cancel"), "suggest_cancel", panel);
    connect(cancel_, &QPushButton::clicked, &run_, &SuggestRun::cancel);
    row->addWidget(search_);
    row->addWidget(cancel_);
    progress_ = new QProgressBar(panel);
    progress_->setRange(0, 1000);
    progress_->setTextVisible(false);
    progress_->setFixedWidth(120);
    phase_ = new QLabel(panel);
    phase_->setObjectName(QStringLiteral("suggest_phase"));
    phase_->setProperty("muted", true);
    row->addWidget(progress_);
    row->addWidget(phase_, 1);
    return panel;
}

QWidget* SuggestView::buildFound() {
    auto* both = new QWidget(this);
    auto* row = new QHBoxLayout(both);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(12);
    auto* left = new QFrame(both);
    left->setProperty("panel", true);
    auto* inside = new QVBoxLayout(left);
    inside->setContentsMargins(14, 10, 10, 10);
    auto* title = new QLabel(tr("Nothing is better in everything than one of these"), left);
    title->setProperty("title", true);
    table_ = bareTable(model_, "suggest_table", tr("Suggestions"), left);
    auto* header = table_->horizontalHeader();
    header->setSectionResizeMode(QHeaderView::ResizeToContents);
    header->setSectionResizeMode(SuggestionModel::changes, QHeaderView::Stretch);
    connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &SuggestView::showSelected);
    inside->addWidget(title);
    inside->addWidget(table_, 1);
    auto* right = new QFrame(both);
    right->setProperty("panel", true);
    changes_ = new QVBoxLayout(right);
    changes_->setContentsMargins(14, 10, 14, 12);
    changes_->setSpacing(gridUnit);
    auto* what = new QLabel(tr("What each change buys"), right);
    what->setProperty("title", true);
    apply_ = namedButton(tr("Apply"), "suggest_apply", right);
    apply_->setProperty("primary", true);
    apply_->setToolTip(tr("Writes the changes into the chain; Ctrl+Z on the Chains page takes them "
                          "back"));
    connect(apply_, &QPushButton::clicked, this, &SuggestView::apply);
    changes_->addWidget(what);
    changes_->addStretch(1);
    changes_->addWidget(apply_, 0, Qt::AlignLeft);
    row->addWidget(left, 3);
    row->addWidget(right, 1);
    return both;
}

void SuggestView::begin() {
    heading_->setText(tr("Suggestions for the chain %1").arg(session_.chainId()));
    model_->setFound(nullptr);
    message_->show(
        tr("Order, attempts, time limits, hedge and breaker are tried on simulated years "
           "of the assumptions, at no more than %1 requests a day so that it takes "
           "seconds. Compare what you apply on the Forecast page at full traffic.")
            .arg(SuggestRun::searchedPerDay),
        Tone::accent);
    progress_->hide();
    cancel_->hide();
    phase_->clear();
    showSelected();
    availability_->setFocus();
}

// Empty: no wish. Nothing that can be read: marked.
std::optional<double> SuggestView::number(QLineEdit* field, double most, bool* fine) {
    const QString text = field->text().trimmed();
    bool ok = true;
    const double value = text.isEmpty() ? 0 : QLocale::c().toDouble(text, &ok);
    ok = ok && value >= 0 && value <= most;
    if (field->property("invalid").toBool() == ok) {
        field->setProperty("invalid", !ok);
        field->style()->unpolish(field);
        field->style()->polish(field);
    }
    *fine = *fine && ok;
    return ok && !text.isEmpty() ? std::optional(value) : std::nullopt;
}

void SuggestView::search() {
    bool fine = true;
    SuggestWish wish;
    wish.availability = number(availability_, 100, &fine);
    wish.usdMonth = number(budget_, 1e12, &fine);
    wish.effort = effort_->currentData().toDouble();
    if (!fine) {
        message_->show(tr("A goal is a number: a percentage from 0 to 100, USD from 0. Leave it "
                          "empty for none."),
                       Tone::bad);
        return;
    }
    if (wish.availability)
        *wish.availability /= 100;
    session_.editor().settle();
    const auto& a = session_.forecast().assumptions();
    const std::string chain = session_.chainId().toStdString();
    const auto assumed =
        sim::candidate(session_.editor().json(), chain, a, nullptr, session_.editor().prices());
    if (!assumed) {
        message_->show(QString::fromStdString(assumed.error().text()).toHtmlEscaped(), Tone::bad);
        return;
    }
    message_->clear();
    model_->setFound(nullptr);
    progress_->setValue(0);
    progress_->show();
    cancel_->show();
    search_->setEnabled(false);
    showSelected();
    run_.start(session_.editor().json(), chain, *assumed, a, wish);
}

void SuggestView::onEnded(const QString& error) {
    progress_->hide();
    cancel_->hide();
    phase_->clear();
    search_->setEnabled(true);
    model_->setFound(run_.found());
    if (!error.isEmpty()) {
        message_->show(error.toHtmlEscaped(), Tone::bad);
        return;
    }
    const auto& found = *run_.found();
    if (found.partial)
        message_->show(tr("Stopped: these are the best of what was tried until then."), Tone::warn);
    else if (model_->best() < 0)
        message_->show(tr("Nothing that was tried meets the goal. Ask for less, or add a provider "
                          "on the Chains page."),
                       Tone::warn);
    else
        message_->show(tr("%1 settings tried; each figure rests on %2 simulated years.")
                           .arg(found.candidates)
                           .arg(found.runs),
                       Tone::good);
    table_->selectRow(std::max(0, model_->best()));
}

void SuggestView::showSelected() {
    if (list_)
        list_->deleteLater();
    list_ = new QWidget(this);
    auto* column = new QVBoxLayout(list_);
    column->setContentsMargins(0, 0, 0, 0);
    const auto add = [&](const QString& text, bool muted) {
        auto* label = new QLabel(text, list_);
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        label->setProperty("muted", muted);
        column->addWidget(label);
    };
    const auto rows = table_->selectionModel()->selectedRows();
    const auto* chosen = rows.isEmpty() ? nullptr : model_->at(rows.first().row());
    if (!chosen)
        add(tr("Select a suggestion to see its changes."), true);
    else if (chosen->changes.empty())
        add(tr("The chain as it is."), true);
    else
        for (const auto& change : chosen->changes) {
            add(QString::fromStdString(change.text), false);
            const QString buys = buysText(change);
            if (!buys.isEmpty())
                add(buys, true);
        }
    changes_->insertWidget(1, list_);
    list_->show();
    apply_->setEnabled(chosen && !chosen->changes.empty());
}

void SuggestView::apply() {
    const auto rows = table_->selectionModel()->selectedRows();
    const auto* chosen = rows.isEmpty() ? nullptr : model_->at(rows.first().row());
    if (!chosen || chosen->changes.empty())
        return;
    auto next = tune::apply(session_.editor().json(), chosen->changes);
    if (!next) {
        message_->show(tr("The chain was edited meanwhile, so this does not fit any more (%1). "
                          "Search again.")
                           .arg(QString::fromStdString(next.error().text()).toHtmlEscaped()),
                       Tone::bad);
        return;
    }
    QStringList words;
    for (const auto& change : chosen->changes)
        words << QString::fromStdString(change.text);
    session_.editor().edit(tr("Apply a suggestion"), std::move(*next));
    Q_EMIT applied(words.join(QStringLiteral(", ")));
}

void SuggestView::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape)
        Q_EMIT left();
    else
        QWidget::keyPressEvent(event);
}

} // namespace brownout::ui
