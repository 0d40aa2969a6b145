#include "ui/pages/outages/hand_panel.h"

#include "ui/pages/outages/fault_form.h"
#include "ui/pages/outages/provider_rows.h"
#include "ui/shell/theme.h"
#include "ui/widgets/bare_table.h"

#include <QBoxLayout>
#include <QEvent>
#include <QFrame>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QShortcut>

namespace brownout::ui {
namespace {

constexpr int upperHeight = 30 * gridUnit;
constexpr int formWidth = 48 * gridUnit;

// Scrolls up and down only: as wide as what it holds, which nothing cuts off then.
class UprightScroll : public QScrollArea {
  public:
    using QScrollArea::QScrollArea;
    QSize minimumSizeHint() const override {
        QSize size = QScrollArea::minimumSizeHint();
        if (widget())
            size.setWidth(widget()->minimumSizeHint().width() +
                          verticalScrollBar()->sizeHint().width() + 2 * frameWidth());
        return size;
    }

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (watched == widget() && event->type() == QEvent::LayoutRequest)
            updateGeometry();
        return QScrollArea::eventFilter(watched, event);
    }
};

QVBoxLayout* panelColumn(QFrame* panel) {
    panel->setProperty("panel", true);
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(2 * gridUnit, 12, 2 * gridUnit, 12);
    column->setSpacing(gridUnit);
    return column;
}

QLabel* titled(const QString& text, const char* property, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setProperty(property, true);
    return label;
}

} // namespace

HandPanel::HandPanel(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(12);
    auto* upper = new QHBoxLayout;
    upper->setSpacing(12);
    upper->addWidget(makeForm());
    upper->addWidget(makeProviders(), 1);
    column->addLayout(upper);
    column->addWidget(makeActive(), 1);
    connect(&session_, &Session::snapshotChanged, this, &HandPanel::onSnapshot);
    const auto tell = [this] {
        chosen_->setText(form_->summary());
        providers_->setFaultSummary(form_->summary());
    };
    connect(form_, &FaultForm::changed, this, tell);
    tell();
    onSnapshot();
}

QWidget* HandPanel::makeForm() {
    auto* panel = new QFrame(this);
    panel->setFixedWidth(formWidth);
    QVBoxLayout* column = panelColumn(panel);
    chosen_ = titled({}, "heading", panel);
    chosen_->setObjectName(QStringLiteral("chosen_fault"));
    chosen_->setWordWrap(true);
    column->addWidget(chosen_);
    form_ = new FaultForm(panel);
    form_->setObjectName(QStringLiteral("fault_form"));
    column->addWidget(form_);
    column->addStretch(1);
    return panel;
}

void HandPanel::setKind(faults::Kind kind) {
    form_->setKind(kind);
}

QWidget* HandPanel::makeProviders() {
    auto* panel = new QFrame(this);
    panel->setMinimumHeight(upperHeight);
    QVBoxLayout* column = panelColumn(panel);
    auto* head = new QHBoxLayout;
    head->addWidget(titled(tr("Providers"), "title", panel), 1);
    revert_ = new QPushButton(tr("Revert all"), panel);
    revert_->setObjectName(QStringLiteral("revert_all"));
    revert_->setAccessibleName(revert_->text());
    revert_->setIcon(icon(QStringLiteral("restore")));
    revert_->setToolTip(tr("Removes every fault, those of a running scenario too"));
    connect(revert_, &QPushButton::clicked, this, [this] { session_.revertAll(); });
    head->addWidget(revert_);
    column->addLayout(head);
    auto* scroll = new UprightScroll(panel);
    scroll->setObjectName(QStringLiteral("provider_rows"));
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    providers_ = new ProviderRows(session_, scroll);
    providers_->setProperty("scrolled", true);
    scroll->setWidget(providers_);
    column->addWidget(scroll, 1);
    connect(providers_, &ProviderRows::breakRequested, this, [this](const QString& provider) {
        if (auto rule = form_->rule(provider.toStdString()))
            session_.post(live::Inject{std::move(*rule)});
        else
            Q_EMIT session_.notice(tr("This fault cannot be set: see what its fields say."), true);
    });
    return panel;
}

QWidget* HandPanel::makeActive() {
    auto* panel = new QFrame(this);
    panel->setMinimumHeight(upperHeight);
    QVBoxLayout* column = panelColumn(panel);
    column->addWidget(titled(tr("Active faults"), "title", panel));
    table_ = bareTable(&active_, "active_faults", tr("Active faults"), panel);
    table_->verticalHeader()->setDefaultSectionSize(28);
    QHeaderView* header = table_->horizontalHeader();
    header->setSectionResizeMode(QHeaderView::Fixed);
    header->setSectionResizeMode(ActiveFaultModel::faultColumn, QHeaderView::Stretch);
    table_->setColumnWidth(ActiveFaultModel::targetColumn, 12 * gridUnit);
    table_->setColumnWidth(ActiveFaultModel::sinceColumn, 9 * gridUnit);
    table_->setColumnWidth(ActiveFaultModel::byColumn, 10 * gridUnit);
    table_->setColumnWidth(ActiveFaultModel::removeColumn, 9 * gridUnit);
    column->addWidget(table_, 1);
    noneActive_ =
        titled(tr("None. Choose a way to fail on the left, then press Break."), "muted", panel);
    noneActive_->setAlignment(Qt::AlignCenter);
    noneActive_->setWordWrap(true);
    column->addWidget(noneActive_, 1);

    connect(table_, &QTableView::clicked, this, [this](const QModelIndex& index) {
        if (index.column() == ActiveFaultModel::removeColumn)
            removeFault(index.row());
    });
    auto* remove = new QShortcut(Qt::Key_Delete, table_);
    remove->setContext(Qt::WidgetShortcut);
    connect(remove, &QShortcut::activated, this,
            [this] { removeFault(table_->currentIndex().row()); });
    return panel;
}

void HandPanel::removeFault(int row) {
    if (const live::ActiveFaultView* fault = active_.at(row); fault && fault->manual)
        session_.post(live::RemoveFault{fault->id});
}

void HandPanel::onSnapshot() {
    const live::SnapshotPtr snapshot = session_.snapshot();
    active_.update(*snapshot);
    const bool any = !snapshot->active_faults.empty();
    table_->setVisible(any);
    noneActive_->setVisible(!any);
    revert_->setEnabled(any);
}

} // namespace brownout::ui
