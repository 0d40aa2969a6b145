#include "ui/pages/outages/outages_page.h"

#include "ui/pages/outages/fault_form.h"
#include "ui/pages/outages/provider_rows.h"
#include "ui/pages/outages/scenario_panel.h"
#include "ui/shell/theme.h"
#include "ui/widgets/two_line_delegate.h"

#include <QBoxLayout>
#include <QEvent>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QShortcut>
#include <QTableView>

namespace brownout::ui {
namespace {

constexpr int paletteWidth = 37 * gridUnit;
constexpr int upperHeight = 24 * gridUnit;

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

OutagesPage::OutagesPage(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    setObjectName(QStringLiteral("outages_page"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(2 * gridUnit, 2 * gridUnit, 2 * gridUnit, 2 * gridUnit);
    row->setSpacing(12);
    row->addWidget(makePalette());
    auto* right = new QVBoxLayout;
    right->setSpacing(12);
    auto* upper = new QHBoxLayout;
    upper->setSpacing(12);
    upper->addWidget(makeProviders(), 1);
    upper->addWidget(makeActive(), 1);
    right->addLayout(upper);
    scenarios_ = new ScenarioPanel(session_, this);
    scenarios_->setObjectName(QStringLiteral("scenario_panel"));
    right->addWidget(scenarios_, 1);
    row->addLayout(right, 1);
    connect(scenarios_, &ScenarioPanel::evidenceRequested, this, &OutagesPage::evidenceRequested);
    connect(&session_, &Session::snapshotChanged, this, &OutagesPage::onSnapshot);
    palette_->setCurrentIndex(found_.index(0, 0));
    chooseKind();
    onSnapshot();
}

QWidget* OutagesPage::makePalette() {
    auto* panel = new QFrame(this);
    panel->setFixedWidth(paletteWidth);
    QVBoxLayout* column = panelColumn(panel);
    column->addWidget(titled(tr("Ways to fail"), "title", panel));
    auto* search = new QLineEdit(panel);
    search->setObjectName(QStringLiteral("fault_search"));
    search->setAccessibleName(tr("Search faults"));
    search->setPlaceholderText(tr("Search, for example hang or stream"));
    search->setClearButtonEnabled(true);
    column->addWidget(search);

    found_.setSourceModel(&kinds_);
    found_.setFilterRole(FaultKindModel::searchRole);
    found_.setFilterCaseSensitivity(Qt::CaseInsensitive);
    palette_ = new QListView(panel);
    palette_->setObjectName(QStringLiteral("fault_palette"));
    palette_->setAccessibleName(tr("Faults"));
    palette_->setProperty("bare", true);
    palette_->setModel(&found_);
    palette_->setItemDelegate(new TwoLineDelegate(FaultKindModel::helpRole, palette_));
    palette_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    palette_->setUniformItemSizes(true);
    column->addWidget(palette_, 1);
    auto* nothing = titled(tr("No fault is called that."), "muted", panel);
    nothing->hide();
    column->addWidget(nothing);

    chosen_ = titled({}, "title", panel);
    chosen_->setObjectName(QStringLiteral("chosen_fault"));
    column->addWidget(chosen_);
    help_ = titled({}, "muted", panel);
    help_->setObjectName(QStringLiteral("fault_help"));
    help_->setWordWrap(true);
    column->addWidget(help_);
    form_ = new FaultForm(panel);
    form_->setObjectName(QStringLiteral("fault_form"));
    column->addWidget(form_);

    connect(search, &QLineEdit::textChanged, this, [this, nothing](const QString& words) {
        found_.setFilterFixedString(words.trimmed());
        nothing->setVisible(found_.rowCount() == 0);
        if (!palette_->currentIndex().isValid() && found_.rowCount() > 0)
            palette_->setCurrentIndex(found_.index(0, 0));
    });
    connect(palette_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &OutagesPage::chooseKind);
    return panel;
}

QWidget* OutagesPage::makeProviders() {
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
        session_.post(live::Inject{form_->rule(provider.toStdString())});
    });
    connect(form_, &FaultForm::changed, this, [this] {
        providers_->setFaultSummary(form_->summary());
        chosen_->setText(form_->summary());
    });
    return panel;
}

QWidget* OutagesPage::makeActive() {
    auto* panel = new QFrame(this);
    panel->setMinimumHeight(upperHeight);
    QVBoxLayout* column = panelColumn(panel);
    column->addWidget(titled(tr("Active faults"), "title", panel));
    table_ = new QTableView(panel);
    table_->setObjectName(QStringLiteral("active_faults"));
    table_->setAccessibleName(tr("Active faults"));
    table_->setProperty("bare", true);
    table_->setModel(&active_);
    table_->setShowGrid(false);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setTabKeyNavigation(false);
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setDefaultSectionSize(28);
    QHeaderView* header = table_->horizontalHeader();
    header->setHighlightSections(false);
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

void OutagesPage::removeFault(int row) {
    if (const live::ActiveFaultView* fault = active_.at(row); fault && fault->manual)
        session_.post(live::RemoveFault{fault->id});
}

void OutagesPage::chooseKind() {
    const QModelIndex index = palette_->currentIndex();
    if (!index.isValid())
        return; // the one before stays chosen
    form_->setKind(FaultKindModel::kindAt(index));
    help_->setText(index.data(FaultKindModel::helpRole).toString());
    chosen_->setText(form_->summary());
    providers_->setFaultSummary(form_->summary());
}

void OutagesPage::onSnapshot() {
    const live::SnapshotPtr snapshot = session_.snapshot();
    active_.update(*snapshot);
    const bool any = !snapshot->active_faults.empty();
    table_->setVisible(any);
    noneActive_->setVisible(!any);
    revert_->setEnabled(any);
}

} // namespace brownout::ui
