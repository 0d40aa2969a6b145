#include "ui/pages/chains/chains_sidebar.h"

#include "ui/shell/theme.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QListView>
#include <QPushButton>

namespace brownout::ui {

namespace {

constexpr int sidebarWidth = 220;

QLabel* heading(const QString& text) {
    auto* label = new QLabel(text);
    label->setProperty("title", true);
    return label;
}

QPushButton* button(const QString& text, const QString& objectName) {
    auto* b = new QPushButton(text);
    b->setObjectName(objectName);
    b->setAccessibleName(text);
    return b;
}

QString idOfRow(const QModelIndex& index) {
    return index.data(RowListModel::idRole).toString();
}

} // namespace

ChainsSidebar::ChainsSidebar(QWidget* parent) : QFrame(parent) {
    setProperty("panel", true);
    setObjectName(QStringLiteral("chains_sidebar"));
    setFixedWidth(sidebarWidth);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(gridUnit + 4, gridUnit + 4, gridUnit + 4, gridUnit + 4);
    column->setSpacing(gridUnit);
    column->addWidget(heading(tr("Chains")));
    chainList_ = makeList(chains_, tr("Chains"), QStringLiteral("chain_list"));
    column->addWidget(chainList_);
    auto* chainButtons = new QHBoxLayout;
    auto* addChain = button(tr("Add chain"), QStringLiteral("add_chain"));
    removeChain_ = button(tr("Remove"), QStringLiteral("remove_chain"));
    removeChain_->setAccessibleName(tr("Remove chain"));
    chainButtons->addWidget(addChain, 1);
    chainButtons->addWidget(removeChain_);
    column->addLayout(chainButtons);
    column->addSpacing(gridUnit);
    column->addWidget(heading(tr("Providers")));
    providerList_ = makeList(providers_, tr("Providers"), QStringLiteral("provider_list"));
    column->addWidget(providerList_);
    auto* providerButtons = new QHBoxLayout;
    auto* addProvider = button(tr("Add provider"), QStringLiteral("add_provider"));
    removeProvider_ = button(tr("Remove"), QStringLiteral("remove_provider"));
    removeProvider_->setAccessibleName(tr("Remove provider"));
    removeProvider_->setToolTip(tr("Its targets go too; undo brings everything back"));
    providerButtons->addWidget(addProvider, 1);
    providerButtons->addWidget(removeProvider_);
    column->addLayout(providerButtons);
    column->addStretch();
    problems_ = button(QString(), QStringLiteral("problems_jump"));
    problems_->setIcon(icon(QStringLiteral("warning"), colors().warn));
    problems_->setToolTip(tr("Shows what is wrong, and what is hardly meant"));
    problems_->setAccessibleName(tr("Warnings"));
    problems_->hide();
    column->addWidget(problems_);
    connect(problems_, &QPushButton::clicked, this, &ChainsSidebar::problemsRequested);
    auto* alerts = button(tr("Alerts and webhooks"), QStringLiteral("alert_settings"));
    column->addWidget(alerts);
    auto* document = button(tr("Settings of the document"), QStringLiteral("document_settings"));
    column->addWidget(document);

    connect(addChain, &QPushButton::clicked, this, &ChainsSidebar::addChainRequested);
    connect(addProvider, &QPushButton::clicked, this, &ChainsSidebar::addProviderRequested);
    connect(removeChain_, &QPushButton::clicked, this,
            [this] { Q_EMIT removeChainRequested(idOfRow(chainList_->currentIndex())); });
    connect(removeProvider_, &QPushButton::clicked, this,
            [this] { Q_EMIT removeProviderRequested(idOfRow(providerList_->currentIndex())); });
    connect(alerts, &QPushButton::clicked, this, &ChainsSidebar::alertsRequested);
    connect(document, &QPushButton::clicked, this, &ChainsSidebar::documentRequested);
    // `activated` and `clicked`: choosing again what is current shows it in the inspector.
    connect(chainList_, &QListView::clicked, this,
            [this](const QModelIndex& i) { Q_EMIT chainChosen(idOfRow(i)); });
    connect(providerList_, &QListView::clicked, this,
            [this](const QModelIndex& i) { Q_EMIT providerChosen(idOfRow(i)); });
}

QListView* ChainsSidebar::makeList(RowListModel& model, const QString& name,
                                   const QString& objectName) {
    auto* list = new QListView;
    list->setModel(&model);
    list->setItemDelegate(new RowDelegate(list));
    list->setProperty("bare", true);
    list->setObjectName(objectName);
    list->setAccessibleName(name);
    list->setFrameShape(QFrame::NoFrame);
    list->setMouseTracking(true);
    list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list->installEventFilter(this);
    return list;
}

bool ChainsSidebar::eventFilter(QObject* watched, QEvent* event) {
    auto* list = watched == chainList_      ? chainList_
                 : watched == providerList_ ? providerList_
                                            : nullptr;
    if (!list || event->type() != QEvent::KeyPress)
        return QFrame::eventFilter(watched, event);
    const auto& key = static_cast<QKeyEvent&>(*event);
    const QModelIndex current = list->currentIndex();
    const auto choose = [&](const QModelIndex& index) {
        if (!index.isValid())
            return;
        if (list == chainList_)
            Q_EMIT chainChosen(idOfRow(index));
        else
            Q_EMIT providerChosen(idOfRow(index));
    };
    switch (key.key()) {
    case Qt::Key_Up:
    case Qt::Key_Down: {
        const int step = key.key() == Qt::Key_Up ? -1 : 1;
        choose(list->model()->index(current.isValid() ? current.row() + step : 0, 0));
        return true;
    }
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        choose(current);
        return true;
    case Qt::Key_Delete:
        if (current.isValid() && list == chainList_)
            Q_EMIT removeChainRequested(idOfRow(current));
        else if (current.isValid())
            Q_EMIT removeProviderRequested(idOfRow(current));
        return true;
    default:
        return false;
    }
}

void ChainsSidebar::fitHeight(QListView& list, const RowListModel& model, int atMost) {
    // As tall as its rows, up to a bound from which it scrolls.
    int height = 2;
    for (int i = 0; i < model.rowCount(); ++i)
        height += list.sizeHintForRow(i);
    list.setFixedHeight(std::min(std::max(height, 24), atMost));
}

void ChainsSidebar::setProblems(const QString& count) {
    problems_->setText(count);
    problems_->setAccessibleName(count.isEmpty() ? tr("Warnings") : count);
    problems_->setVisible(!count.isEmpty());
}

void ChainsSidebar::setChains(std::vector<ListRow> rows) {
    chains_.setRows(std::move(rows));
    fitHeight(*chainList_, chains_, 240);
    removeChain_->setEnabled(chains_.rowCount() > 1);
}

void ChainsSidebar::setProviders(std::vector<ListRow> rows) {
    providers_.setRows(std::move(rows));
    fitHeight(*providerList_, providers_, 280);
}

void ChainsSidebar::select(QListView& list, const RowListModel& model, const QString& id) {
    const int row = model.indexOf(id);
    if (row < 0)
        list.selectionModel()->clear();
    else
        list.setCurrentIndex(model.index(row));
}

void ChainsSidebar::setSelected(const QString& chain, const QString& provider) {
    select(*chainList_, chains_, chain);
    select(*providerList_, providers_, provider);
    removeProvider_->setEnabled(providers_.indexOf(provider) >= 0);
}

} // namespace brownout::ui
