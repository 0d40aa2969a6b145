#include "ui/pages/outages/fault_palette.h"

#include "ui/shell/theme.h"
#include "ui/widgets/two_line_delegate.h"

#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QTreeView>
#include <QVBoxLayout>

namespace brownout::ui {
namespace {

// A group is a small heading, a kind its label with its help below.
class PaletteDelegate : public TwoLineDelegate {
  public:
    using TwoLineDelegate::TwoLineDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        if (index.parent().isValid())
            return TwoLineDelegate::paint(painter, option, index);
        painter->save();
        QFont font = option.font;
        font.setWeight(QFont::DemiBold);
        font.setPointSizeF(font.pointSizeF() * 0.9);
        painter->setFont(font);
        painter->setPen(colors().textMuted);
        painter->drawText(option.rect.adjusted(4, 0, 0, -2), Qt::AlignLeft | Qt::AlignBottom,
                          index.data().toString());
        painter->restore();
    }
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        return index.parent().isValid() ? TwoLineDelegate::sizeHint(option, index)
                                        : QSize(80, option.fontMetrics.height() + 10);
    }
};

} // namespace

FaultPalette::FaultPalette(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit);
    search_ = new QLineEdit(this);
    search_->setObjectName(QStringLiteral("fault_search"));
    search_->setAccessibleName(tr("Search faults"));
    search_->setPlaceholderText(tr("Search, for example hang"));
    search_->setClearButtonEnabled(true);
    search_->installEventFilter(this);
    column->addWidget(search_);
    found_.setSourceModel(&kinds_);
    found_.setRecursiveFilteringEnabled(true);
    found_.setFilterRole(FaultKindModel::searchRole);
    found_.setFilterCaseSensitivity(Qt::CaseInsensitive);
    tree_ = new QTreeView(this);
    tree_->setObjectName(QStringLiteral("fault_palette"));
    tree_->setAccessibleName(tr("Faults"));
    tree_->setProperty("bare", true);
    tree_->setHeaderHidden(true);
    tree_->setRootIsDecorated(false);
    tree_->setItemsExpandable(false);
    tree_->setIndentation(0);
    tree_->setModel(&found_);
    tree_->setItemDelegate(new PaletteDelegate(FaultKindModel::helpRole, tree_, true));
    tree_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    tree_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    tree_->setDragDropMode(QAbstractItemView::DragOnly);
    tree_->installEventFilter(this);
    tree_->viewport()->installEventFilter(this);
    tree_->expandAll();
    column->addWidget(tree_, 1);
    nothing_ = new QLabel(tr("No fault is called that."), this);
    nothing_->setProperty("muted", true);
    nothing_->hide();
    column->addWidget(nothing_);

    connect(search_, &QLineEdit::textChanged, this, &FaultPalette::search);
    connect(tree_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex& index) {
                const auto kind = FaultKindTree::kindAt(index);
                if (!kind)
                    return;
                kind_ = *kind;
                Q_EMIT chosen(kind_);
            });
    connect(tree_, &QTreeView::doubleClicked, this, [this](const QModelIndex& index) {
        if (const auto kind = FaultKindTree::kindAt(index))
            Q_EMIT activated(*kind);
    });
    // The usual first: an HTTP error.
    for (int g = 0; g < found_.rowCount(); ++g)
        for (int i = 0; i < found_.rowCount(found_.index(g, 0)); ++i)
            if (const QModelIndex at = found_.index(i, 0, found_.index(g, 0));
                FaultKindTree::kindAt(at) == faults::Kind::http_error)
                tree_->setCurrentIndex(at);
    tree_->scrollToTop();
}

faults::Kind FaultPalette::kind() const {
    return kind_;
}

void FaultPalette::setDragEnabled(bool on) {
    tree_->setDragEnabled(on);
}

void FaultPalette::focusSearch() {
    search_->setFocus();
    search_->selectAll();
}

void FaultPalette::search(const QString& words) {
    found_.setFilterFixedString(words.trimmed());
    tree_->expandAll();
    const bool any = found_.rowCount() > 0;
    nothing_->setVisible(!any);
    if (any && !FaultKindTree::kindAt(tree_->currentIndex()))
        chooseFirst();
}

void FaultPalette::chooseFirst() {
    const QModelIndex group = found_.index(0, 0);
    if (group.isValid())
        tree_->setCurrentIndex(found_.index(0, 0, group));
}

bool FaultPalette::eventFilter(QObject* watched, QEvent* event) {
    if (watched == tree_->viewport() && event->type() == QEvent::Resize) {
        // How many lines a help takes depends on the width.
        QMetaObject::invokeMethod(
            this,
            [this] {
                tree_->doItemsLayout();
                tree_->scrollTo(tree_->currentIndex(), QAbstractItemView::PositionAtCenter);
            },
            Qt::QueuedConnection);
        return false;
    }
    if (event->type() != QEvent::KeyPress)
        return QWidget::eventFilter(watched, event);
    auto* key = static_cast<QKeyEvent*>(event);
    const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
    if (enter && found_.rowCount() > 0) {
        if (watched == search_ && !FaultKindTree::kindAt(tree_->currentIndex()))
            chooseFirst();
        if (const auto kind = FaultKindTree::kindAt(tree_->currentIndex()))
            Q_EMIT activated(*kind);
        return true;
    }
    if (watched == search_ && key->key() == Qt::Key_Down) {
        tree_->setFocus();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace brownout::ui
