// Completion of a text field: what matches is offered while typing, everything on request.
#include "ui/shell/theme.h"
#include "ui/widgets/json_field.h"
#include "ui/widgets/two_line_delegate.h"

#include <QAction>
#include <QCompleter>
#include <QLabel>
#include <QLineEdit>
#include <QListView>

namespace brownout::ui {

namespace {

constexpr int fieldWidth = 200, popupWidth = 380, mostRows = 7; // px, rows

} // namespace

void JsonField::setCompletions(QAbstractItemModel& model, int secondLineRole) {
    if (!text_ || completer_)
        return;
    completer_ = new QCompleter(&model, this);
    completer_->setFilterMode(Qt::MatchContains);
    completer_->setCaseSensitivity(Qt::CaseInsensitive);
    completer_->setMaxVisibleItems(mostRows);
    auto* popup = new QListView;
    popup->setObjectName(spec_.objectName + QStringLiteral("_list"));
    popup->setAccessibleName(tr("Values for %1").arg(spec_.label));
    popup->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    popup->setUniformItemSizes(true);
    completer_->setPopup(popup); // which takes its delegate, too
    popup->setItemDelegate(new TwoLineDelegate(secondLineRole, popup));
    popup->setMinimumWidth(popupWidth);
    text_->setCompleter(completer_);
    text_->setFixedWidth(fieldWidth); // names of models are long
    text_->installEventFilter(this);
    auto* all = text_->addAction(icon(QStringLiteral("chevron_down")), QLineEdit::TrailingPosition);
    all->setToolTip(tr("Show all (Arrow Down)"));
    all->setObjectName(spec_.objectName + QStringLiteral("_all"));
    connect(all, &QAction::triggered, this, &JsonField::offerAll);
    // What is chosen goes into the document at once.
    connect(completer_, qOverload<const QString&>(&QCompleter::activated), this,
            [this](const QString& value) {
                text_->setText(value);
                commit();
            });
}

void JsonField::offerAll() {
    if (completer_->completionModel()->rowCount() == 0 || !completer_->popup()->isVisible())
        completer_->setCompletionPrefix({});
    completer_->complete();
}

void JsonField::setNote(const QString& text) {
    note_->setText(text);
    note_->setVisible(!text.isEmpty());
}

} // namespace brownout::ui
