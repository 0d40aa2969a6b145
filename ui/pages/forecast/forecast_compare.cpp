// Which chains are compared, taking one of them over, and models from a log.
#include "ui/models/forecast_text.h"
#include "ui/pages/forecast/forecast_board.h"
#include "ui/pages/forecast/forecast_page.h"
#include "ui/widgets/message_bar.h"

#include <QFileInfo>
#include <QMenu>
#include <QPushButton>
#include <QTime>

#include <algorithm>

namespace brownout::ui {

void ForecastPage::fillCompareMenu() {
    QMenu* menu = board_->compareMenu();
    menu->clear();
    const auto& document = session_.editor().document();
    const auto* shown = document.chain(session_.chainId().toStdString());
    if (!shown)
        return;
    const auto now = session_.forecast().compared(document, session_.chainId());
    const bool full = now.size() + 1 >= sim::most_compared;
    const auto add = [&](const QString& text, sim::Compared one) {
        const bool known = std::any_of(now.begin(), now.end(), [&](const sim::Compared& other) {
            return other.chain == one.chain && other.targets == one.targets &&
                   other.policy == one.policy && other.copy == one.copy;
        });
        QAction* action = menu->addAction(text, this, [this, one] { addCompared(one); });
        action->setEnabled(!known && !full);
    };
    std::vector<std::string> names;
    for (const auto& target : shown->targets)
        if (target.enabled)
            names.push_back(target.name());
    for (const auto& name : names) {
        const QString label = tr("%1 alone").arg(targetsLabel({name}));
        if (names.size() > 1)
            add(label, {label.toStdString(), {}, {name}, nullptr, nullptr});
    }
    if (names.size() > 2)
        for (std::size_t i = 0; i < names.size(); ++i) {
            auto fewer = names;
            fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
            add(tr("without %1 (%2)").arg(targetsLabel({names[i]}), targetsLabel(fewer)),
                {targetsLabel(fewer).toStdString(), {}, fewer, nullptr, nullptr});
        }
    if (names.size() > 1) {
        auto back = names;
        std::reverse(back.begin(), back.end());
        add(tr("the other way round (%1)").arg(targetsLabel(back)),
            {targetsLabel(back).toStdString(), {}, back, nullptr, nullptr});
        add(tr("with a hedge after the 95th percentile"), {tr("with a hedge").toStdString(),
                                                           {},
                                                           {},
                                                           {{"hedge", {{"after_quantile", 0.95}}}},
                                                           nullptr});
    }
    add(tr("with three tries on each target"), {tr("three tries").toStdString(),
                                                {},
                                                {},
                                                {{"retry", {{"attempts_per_target", 3}}}},
                                                nullptr});
    menu->addSeparator();
    for (const auto& other : document.chains)
        if (other.id != shown->id && other.task != "image")
            add(tr("the chain %1").arg(QString::fromStdString(other.id)),
                {{}, other.id, {}, nullptr, nullptr});
    const auto& json = session_.editor().json();
    for (const auto& written : json["chains"])
        if (written.value("id", "") == shown->id) {
            const QString label =
                tr("as it was at %1").arg(QTime::currentTime().toString(QStringLiteral("HH:mm")));
            add(tr("this chain as it is now, for later edits"),
                {label.toStdString(), {}, {}, nullptr, written});
        }
    if (full)
        menu->addAction(tr("Eight chains are compared: remove one first"))->setEnabled(false);
}

void ForecastPage::addCompared(const sim::Compared& one) {
    auto all = session_.forecast().compared(session_.editor().document(), session_.chainId());
    all.push_back(one);
    session_.forecast().setCompared(tr("Compare %1").arg(QString::fromStdString(one.label)), all);
}

void ForecastPage::removeSelected() {
    const auto selected = static_cast<std::size_t>(board_->selected());
    auto all = session_.forecast().compared(session_.editor().document(), session_.chainId());
    if (selected >= played_.size() || played_[selected] < 0 ||
        played_[selected] >= static_cast<int>(all.size()))
        return;
    const QString label =
        QString::fromStdString(all[static_cast<std::size_t>(played_[selected])].label);
    all.erase(all.begin() + played_[selected]);
    board_->select(0);
    session_.forecast().setCompared(tr("Take %1 out of the comparison").arg(label), all);
}

void ForecastPage::useSelected() {
    const auto selected = static_cast<std::size_t>(board_->selected());
    if (selected == 0 || selected >= run_.chains().size())
        return;
    const ForecastChain& chosen = run_.chains()[selected];
    chain::Json next = session_.editor().json();
    for (auto& written : next["chains"])
        if (written.value("id", "") == chosen.candidate.chain_id) {
            chain::Json chain = chosen.candidate.chain;
            chain["id"] = chosen.candidate.chain_id;
            if (written.contains("task"))
                chain["task"] = written["task"];
            written = std::move(chain);
        }
    const QString label = chosen.label;
    board_->select(0);
    session_.editor().edit(tr("Use the chain \"%1\"").arg(label), std::move(next));
    changedChain(tr("The chain is now \"%1\".").arg(label));
}

// The document's undo is on another page: its last step can be taken back here, too.
void ForecastPage::changedChain(const QString& text) {
    tellsOfEdit_ = true;
    message_->show(text.toHtmlEscaped(), Tone::good,
                   {{tr("Undo"), QStringLiteral("forecast_undo_edit"),
                     [this] {
                         tellsOfEdit_ = false;
                         message_->clear();
                         session_.editor().undoStack().undo();
                     }}},
                   true);
}

void ForecastPage::calibrate(const QString& path) {
    log_ = path;
    fromLog_->setEnabled(false);
    calibration_.start(path, session_.editor().document());
}

void ForecastPage::onFitted(const tune::Calibration& found) {
    fromLog_->setEnabled(true);
    QString summary;
    auto next = withFits(session_.forecast().json(), found, session_.editor().document(),
                         QFileInfo(log_).fileName(), &summary);
    if (next == session_.forecast().json()) {
        message_->show(
            tr("Nothing of this log could be taken over. %1")
                .arg(summary.isEmpty() ? tr("None of its providers is in this chain.") : summary)
                .toHtmlEscaped(),
            Tone::warn, {}, true);
        return;
    }
    session_.forecast().edit(tr("Fit models to a log"), std::move(next));
    tellsOfEdit_ = true;
    message_->show(tr("Fitted. %1.").arg(summary).toHtmlEscaped(), Tone::good, {}, true);
}

} // namespace brownout::ui
