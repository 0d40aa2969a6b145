// The years that the page shows: asked for, played, gone on with, and told.
#include "ui/models/format.h"
#include "ui/pages/forecast/forecast_board.h"
#include "ui/pages/forecast/forecast_page.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/message_bar.h"

#include <QProgressBar>
#include <QPushButton>

namespace brownout::ui {
namespace {

QString leftText(double seconds) {
    return seconds < 1.5    ? ForecastPage::tr("about a second left")
           : seconds < 90   ? ForecastPage::tr("%1 s left").arg(qRound(seconds))
           : seconds < 5400 ? ForecastPage::tr("%1 min left").arg(qRound(seconds / 60))
                            : ForecastPage::tr("%1 h left").arg(qRound(seconds / 3600));
}

// "73 million", "1,240".
QString manyText(std::uint64_t n) {
    return n >= 2'000'000 ? ForecastPage::tr("%1 million").arg(qRound(double(n) / 1e6))
                          : formatCount(n);
}

// What "more years" leads to; 0: there are enough.
std::int64_t yearsAfter(std::int64_t years) {
    for (const std::int64_t step : {20, 50, 100, 200})
        if (years < step)
            return step;
    return 0;
}

} // namespace

void ForecastPage::moreYears() {
    session_.forecast().set(tr("Simulate more years"), "/years",
                            yearsAfter(session_.forecast().assumptions().years));
    simulate();
}

std::string ForecastPage::signature(bool years) const {
    chain::Json assumed = std::as_const(session_.forecast()).json();
    if (!years)
        assumed.erase("years");
    return assumed.dump() + session_.chainId().toStdString() + session_.editor().json().dump();
}

std::vector<sim::Candidate> ForecastPage::candidates(QStringList& gone) {
    const auto& a = session_.forecast().assumptions();
    const auto& editor = session_.editor();
    const std::string shown = session_.chainId().toStdString();
    const auto compared = session_.forecast().compared(editor.document(), session_.chainId());
    std::vector<sim::Candidate> out;
    comparedOf_.clear();
    for (int i = -1; i < static_cast<int>(compared.size()); ++i) {
        auto one = sim::candidate(editor.json(), shown, a,
                                  i < 0 ? nullptr : &compared[static_cast<std::size_t>(i)],
                                  editor.prices());
        if (!one) {
            gone << QString::fromStdString(one.error().text());
            if (i < 0)
                return {};
            continue;
        }
        if (i < 0)
            one->label = tr("this chain").toStdString();
        comparedOf_.push_back(i);
        out.push_back(std::move(*one));
    }
    return out;
}

void ForecastPage::simulate() {
    session_.forecast().settle();
    session_.editor().settle();
    if (!simulate_->isEnabled())
        return;
    QStringList gone;
    auto all = candidates(gone);
    if (all.empty()) {
        message_->show(gone.join(QStringLiteral("<br>")).toHtmlEscaped(), Tone::bad);
        return;
    }
    later_.stop();
    wanted_ = true;
    const auto& a = session_.forecast().assumptions();
    const bool further = run_.canGoOn() && signature(false) == ranYear_;
    ran_ = signature();
    ranYear_ = signature(false);
    played_ = comparedOf_;
    if (!tellsOfEdit_)
        message_->clear();
    if (!gone.isEmpty())
        message_->show(tr("Not compared: %1").arg(gone.join(QStringLiteral("; ")).toHtmlEscaped()),
                       Tone::warn, {}, true);
    if (further)
        return run_.goOn(a.years);
    rare_.forget();
    run_.start(std::move(all), a);
}

void ForecastPage::onRun() {
    board_->show(run_);
    const bool running = run_.running();
    cancel_->setVisible(running);
    progress_->setVisible(running);
    simulate_->setText(running ? tr("Start anew") : tr("Simulate"));
    simulate_->setAccessibleName(simulate_->text());
    const std::int64_t next = yearsAfter(run_.assumptions().years);
    more_->setVisible(run_.canGoOn() && next > 0);
    more_->setText(tr("Go on to %1 years").arg(next));
    more_->setAccessibleName(more_->text());
    onProgress();
    showRare();
    lookAtRareOutages();
    if (running || run_.chains().empty()) {
        if (!run_.error().isEmpty())
            message_->show(run_.error().toHtmlEscaped(), Tone::bad);
        return;
    }
    if (!run_.error().isEmpty())
        message_->show(run_.error().toHtmlEscaped(), Tone::bad);
    else if (run_.cancelled())
        message_->show(run_.chains().front().cut()
                           ? tr("Stopped. What you see is partial: it rests on the first days of "
                                "one year.")
                           : tr("Stopped. What you see is partial: it rests on %1 of %2 years.")
                                 .arg(run_.chains().front().whole().size())
                                 .arg(run_.assumptions().years),
                       Tone::warn,
                       {{tr("Simulate all of them"), QStringLiteral("forecast_again"),
                         [this] { simulate(); }}},
                       true);
}

void ForecastPage::onProgress() {
    if (!run_.running()) {
        status_->setText(run_.chains().empty() ? tr("Nothing is sent: all of it is simulated.")
                                               : tr("%1 requests in %2")
                                                     .arg(manyText(run_.requests()),
                                                          secondsText(run_.elapsedSeconds())));
        return;
    }
    progress_->setValue(static_cast<int>(run_.share() * 1000));
    const auto left = run_.secondsLeft();
    status_->setText(tr("%1 %, %2")
                         .arg(static_cast<int>(run_.share() * 100))
                         .arg(left ? leftText(*left) : tr("beginning")));
}

void ForecastPage::lookAtRareOutages() {
    const auto selected = static_cast<std::size_t>(std::max(0, board_->selected()));
    if (run_.canGoOn() && selected < run_.chains().size())
        rare_.look(board_->selected(), run_.chains()[selected].candidate, run_.assumptions());
    showRare();
}

void ForecastPage::showRare() {
    if (const auto* found = rare_.found(board_->selected()))
        board_->showRare(rareText(*found), QString::fromStdString(found->outages.note()));
    else if (rare_.running())
        board_->showRare(tr("Going through the outages of %1 years...").arg(rare_.years()), {});
    else
        board_->showRare(tr("Several providers are seldom out at once, too seldom for a few years. "
                            "After a simulation the outages of %1 years stand here.")
                             .arg(rare_.years()),
                         {});
}

} // namespace brownout::ui
