#include "ui/shell/command_palette.h"

#include "ui/shell/theme.h"

#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>

namespace brownout::ui {

void CommandModel::setCommands(std::vector<PaletteCommand> commands) {
    beginResetModel();
    commands_ = std::move(commands);
    rebuild();
    endResetModel();
}

void CommandModel::setFilter(const QString& typed) {
    beginResetModel();
    typed_ = typed.trimmed();
    rebuild();
    endResetModel();
}

void CommandModel::rebuild() {
    shown_.clear();
    const QStringList words = typed_.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    for (std::size_t i = 0; i < commands_.size(); ++i)
        if (std::all_of(words.begin(), words.end(), [&](const QString& w) {
                return commands_[i].text.contains(w, Qt::CaseInsensitive);
            }))
            shown_.push_back(i);
    std::stable_partition(shown_.begin(), shown_.end(), [this](std::size_t i) {
        return commands_[i].text.startsWith(typed_, Qt::CaseInsensitive);
    });
}

const PaletteCommand* CommandModel::command(int row) const {
    return row >= 0 && row < rowCount() ? &commands_[shown_[static_cast<std::size_t>(row)]]
                                        : nullptr;
}

int CommandModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(shown_.size());
}

QVariant CommandModel::data(const QModelIndex& index, int role) const {
    const PaletteCommand* c = command(index.row());
    if (!c)
        return {};
    if (role == Qt::DisplayRole)
        return c->text;
    return role == shortcutRole ? QVariant(c->shortcut) : QVariant();
}

namespace {

// The shortcut stands at the right edge.
class CommandDelegate : public QStyledItemDelegate {
  public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        QStyledItemDelegate::paint(painter, option, index);
        painter->setPen(colors().textMuted);
        painter->drawText(option.rect.adjusted(0, 0, -12, 0), Qt::AlignRight | Qt::AlignVCenter,
                          index.data(CommandModel::shortcutRole).toString());
    }
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        QSize size = QStyledItemDelegate::sizeHint(option, index);
        size.setHeight(option.fontMetrics.height() + 12);
        return size;
    }
};

} // namespace

CommandPalette::CommandPalette(std::function<std::vector<PaletteCommand>()> commands,
                               QWidget* parent)
    : QFrame(parent), commands_(std::move(commands)), model_(new CommandModel(this)) {
    setObjectName(QStringLiteral("palette_frame"));
    setAccessibleName(tr("Commands"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 8, 8, 8);
    column->setSpacing(6);
    input_ = new QLineEdit(this);
    input_->setObjectName(QStringLiteral("palette_input"));
    input_->setAccessibleName(tr("Search or command"));
    input_->setPlaceholderText(tr("Search or command"));
    list_ = new QListView(this);
    list_->setObjectName(QStringLiteral("palette_list"));
    list_->setAccessibleName(tr("Commands that match"));
    list_->setModel(model_);
    list_->setItemDelegate(new CommandDelegate(list_));
    list_->setUniformItemSizes(true);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->setFocusPolicy(Qt::NoFocus); // the arrows of the input move in it
    column->addWidget(input_);
    column->addWidget(list_);
    input_->installEventFilter(this);
    connect(input_, &QLineEdit::textChanged, this, [this](const QString& text) {
        model_->setFilter(text);
        list_->setCurrentIndex(model_->index(0));
    });
    connect(list_, &QListView::clicked, this, [this] { runCurrent(); });
    hide();
}

void CommandPalette::open() {
    before_ = QApplication::focusWidget();
    input_->clear();
    model_->setCommands(commands_());
    model_->setFilter({});
    list_->setCurrentIndex(model_->index(0));
    const int width = std::min(560, parentWidget()->width() - 32);
    const int height = std::min(420, parentWidget()->height() - 96);
    setGeometry((parentWidget()->width() - width) / 2, 56, width, height);
    show();
    raise();
    input_->setFocus();
}

void CommandPalette::dismiss() {
    hide();
    if (before_)
        before_->setFocus();
}

void CommandPalette::runCurrent() {
    const PaletteCommand* c = model_->command(list_->currentIndex().row());
    if (!c)
        return;
    const auto run = c->run; // the list may be made anew while it runs
    dismiss();
    run();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (watched == input_ && event->type() == QEvent::FocusOut && isVisible()) {
        hide();
    } else if (watched == input_ && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        const int row = list_->currentIndex().row();
        switch (key) {
        case Qt::Key_Down:
        case Qt::Key_Up:
            list_->setCurrentIndex(model_->index(std::clamp(row + (key == Qt::Key_Down ? 1 : -1), 0,
                                                            std::max(0, model_->rowCount() - 1))));
            return true;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            runCurrent();
            return true;
        case Qt::Key_Escape:
            dismiss();
            return true;
        default:
            break;
        }
    }
    return QFrame::eventFilter(watched, event);
}

} // namespace brownout::ui
