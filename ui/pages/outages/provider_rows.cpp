#include "ui/pages/outages/provider_rows.h"

#include "ui/models/fault_models.h"
#include "ui/shell/theme.h"
#include "ui/widgets/state_badge.h"

#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>

namespace brownout::ui {
namespace {

// The provider's colour, as in every chart; repainted with the theme.
class Swatch : public QLabel {
  public:
    Swatch(int color, QWidget* parent) : QLabel(parent), color_(color) { setFixedSize(10, 10); }

  protected:
    void paintEvent(QPaintEvent*) override { QPainter(this).fillRect(rect(), seriesColor(color_)); }

  private:
    int color_;
};

bool hits(const live::ActiveFaultView& fault, const QString& provider) {
    const std::string id = provider.toStdString();
    return fault.target == "*" || fault.target == id || fault.target.starts_with(id + "/");
}

} // namespace

ProviderRows::ProviderRows(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    rebuild();
    connect(&session_.editor(), &DocumentEditor::changed, this, &ProviderRows::rebuild);
    connect(&session_, &Session::snapshotChanged, this, &ProviderRows::refresh);
}

void ProviderRows::rebuild() {
    QStringList ids;
    for (const chain::Provider& p : session_.editor().document().providers)
        ids << (p.simulated() ? QString() : QStringLiteral("!")) + QString::fromStdString(p.id);
    if (ids == shown_ && body_)
        return;
    shown_ = ids;
    rows_.clear();
    delete body_;
    body_ = new QWidget(this);
    grid_ = new QGridLayout(body_);
    grid_->setContentsMargins(0, 0, 0, 0);
    grid_->setHorizontalSpacing(gridUnit);
    grid_->setVerticalSpacing(gridUnit);
    grid_->setColumnStretch(2, 1);
    int line = 0;
    for (const chain::Provider& p : session_.editor().document().providers)
        rows_.push_back(makeRow(p, line++));
    grid_->setRowStretch(line, 1);
    layout()->addWidget(body_);
    refresh();
}

ProviderRows::Row ProviderRows::makeRow(const chain::Provider& provider, int line) {
    Row row;
    row.provider = QString::fromStdString(provider.id);
    const QString name = Session::displayName(row.provider);
    row.swatch = new Swatch(session_.colorIndex(row.provider), body_);
    row.name = new QLabel(name, body_);
    row.name->setProperty("title", true);
    row.badge = new StateBadge(body_);
    row.badge->setObjectName(QStringLiteral("outage_state_") + row.provider);
    row.breakIt = new QPushButton(tr("Break %1").arg(name), body_);
    row.breakIt->setObjectName(QStringLiteral("outages_break_") + row.provider);
    row.breakIt->setProperty("danger", true);
    row.restore = new QPushButton(tr("Restore %1").arg(name), body_);
    row.restore->setObjectName(QStringLiteral("outages_restore_") + row.provider);
    for (QPushButton* b : {row.breakIt, row.restore})
        b->setAccessibleName(b->text());
    row.breakIt->setToolTip(summary_);
    const QString id = row.provider;
    connect(row.breakIt, &QPushButton::clicked, this, [this, id] { Q_EMIT breakRequested(id); });
    connect(row.restore, &QPushButton::clicked, this, [this, id] { session_.restoreProvider(id); });
    grid_->addWidget(row.swatch, line, 0);
    grid_->addWidget(row.name, line, 1);
    grid_->addWidget(row.badge, line, 2, Qt::AlignLeft | Qt::AlignVCenter);
    grid_->addWidget(row.breakIt, line, 3);
    grid_->addWidget(row.restore, line, 4);
    return row;
}

void ProviderRows::setFaultSummary(const QString& summary) {
    summary_ = summary;
    for (Row& row : rows_)
        row.breakIt->setToolTip(summary);
}

void ProviderRows::refresh() {
    const live::SnapshotPtr snapshot = session_.snapshot();
    for (Row& row : rows_) {
        QStringList labels;
        bool manual = false;
        for (const live::ActiveFaultView& fault : snapshot->active_faults) {
            if (!hits(fault, row.provider))
                continue;
            labels << QString::fromStdString(fault.label);
            manual = manual || fault.manual;
        }
        labels.removeDuplicates();
        const auto* provider = session_.editor().document().provider(row.provider.toStdString());
        if (!labels.isEmpty())
            row.badge->setState(labels.join(QStringLiteral(" + ")), Tone::bad);
        else if (provider && !provider->simulated())
            row.badge->setState(tr("Real, no fault"), Tone::neutral);
        else
            row.badge->setState(tr("No fault"), Tone::good);
        if (!manual && row.restore->hasFocus())
            row.breakIt->setFocus(); // the keyboard stays in the row
        row.restore->setEnabled(manual);
    }
}

} // namespace brownout::ui
