#include "ui/models/evidence_model.h"

#include "ui/shell/theme.h"

#include <QLocale>

namespace brownout::ui {

namespace {

std::string word(const chain::Json& object, const char* key) {
    return object.is_object() && object.contains(key) && object[key].is_string()
               ? object[key].get<std::string>()
               : std::string();
}

QString scenarioName(const chain::Json& report) {
    if (!report.contains("scenario"))
        return {};
    const auto& scenario = report["scenario"];
    const std::string name =
        scenario.is_string() ? scenario.get<std::string>() : word(scenario, "name");
    return name.empty() ? EvidenceModel::tr("(no name)") : QString::fromStdString(name);
}

} // namespace

bool EvidenceModel::add(chain::Json report, const QString& from) {
    for (const Row& row : rows_)
        if (row.report == report)
            return false;
    Row row;
    row.origin = from;
    row.partial = report.value("partial", chain::Json(false)) == chain::Json(true);
    row.matches = word(report, "chain_sha256") == chain_;
    if (report.contains("expectations") && report["expectations"].is_array())
        for (const auto& expectation : report["expectations"]) {
            ++row.expected;
            row.passed += expectation.is_object() && expectation.contains("pass") &&
                          expectation["pass"] == chain::Json(true);
        }
    row.checked = row.matches && !row.partial && row.passed == row.expected;
    row.report = std::move(report);
    if (rows_.size() == keptAtMost)
        remove(0);
    const int at = static_cast<int>(rows_.size());
    beginInsertRows({}, at, at);
    rows_.push_back(std::move(row));
    endInsertRows();
    Q_EMIT chosenChanged();
    return true;
}

void EvidenceModel::remove(int row) {
    if (row < 0 || row >= rowCount())
        return;
    beginRemoveRows({}, row, row);
    rows_.erase(rows_.begin() + row);
    endRemoveRows();
    Q_EMIT chosenChanged();
}

void EvidenceModel::setChain(const std::string& sha256) {
    if (sha256 == chain_)
        return;
    chain_ = sha256;
    for (Row& row : rows_) {
        const bool before = row.matches;
        row.matches = word(row.report, "chain_sha256") == chain_;
        // Undoing the edit that made a report stale makes it evidence again.
        if (row.matches != before)
            row.checked = row.matches && !row.partial && row.passed == row.expected;
    }
    if (!rows_.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columns - 1));
    Q_EMIT chosenChanged();
}

std::vector<chain::Json> EvidenceModel::chosen() const {
    std::vector<chain::Json> out;
    for (const Row& row : rows_)
        if (row.checked)
            out.push_back(row.report);
    return out;
}

int EvidenceModel::matching() const {
    int count = 0;
    for (const Row& row : rows_)
        count += row.matches && !row.partial;
    return count;
}

int EvidenceModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int EvidenceModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : columns;
}

QString EvidenceModel::text(const Row& row, int column) const {
    switch (column) {
    case scenario:
        return scenarioName(row.report);
    case verdict:
        if (row.expected == 0)
            return tr("nothing expected");
        return row.passed == row.expected
                   ? tr("✓ passed %1 of %2").arg(row.passed).arg(row.expected)
                   : tr("✗ failed %1 of %2").arg(row.expected - row.passed).arg(row.expected);
    case match:
        if (row.partial)
            return tr("stopped early");
        return row.matches ? tr("✓ this chain") : tr("stale");
    case availability: {
        const auto& json = row.report;
        if (!json.contains("availability") || !json["availability"].is_object() ||
            !json["availability"].value("value", chain::Json()).is_number())
            return QStringLiteral("–");
        return tr("%1 %").arg(json["availability"]["value"].get<double>() * 100, 0, 'f', 2);
    }
    case requests:
        return row.report.contains("requests") && row.report["requests"].is_number()
                   ? QLocale::c().toString(row.report["requests"].get<qint64>())
                   : QStringLiteral("–");
    case origin:
        return row.origin;
    default:
        return {};
    }
}

QVariant EvidenceModel::tone(const Row& row, int column) const {
    const Colors& c = colors();
    if (column == verdict && row.expected > 0)
        return row.passed == row.expected ? c.good : c.bad;
    if (column == match)
        return row.matches && !row.partial ? c.good : c.warn;
    if (!row.matches)
        return c.textMuted;
    return {};
}

QVariant EvidenceModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    const Row& row = rows_[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return text(row, index.column());
    case Qt::ForegroundRole:
        return tone(row, index.column());
    case Qt::CheckStateRole:
        if (index.column() == scenario)
            return row.checked ? Qt::Checked : Qt::Unchecked;
        return {};
    case Qt::ToolTipRole:
        if (index.column() == match && row.partial)
            return tr("The run was stopped before its end, so it proves nothing.");
        if (index.column() == match && !row.matches)
            return tr("The chain was edited after this run, or the run was of another chain. Play "
                      "the scenario again, or undo the edit.");
        return text(row, index.column());
    case Qt::TextAlignmentRole:
        if (index.column() == availability || index.column() == requests)
            return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
        return {};
    default:
        return {};
    }
}

bool EvidenceModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (role != Qt::CheckStateRole || !(flags(index) & Qt::ItemIsUserCheckable))
        return false;
    rows_[static_cast<std::size_t>(index.row())].checked =
        static_cast<Qt::CheckState>(value.toInt()) == Qt::Checked;
    Q_EMIT dataChanged(index, index, {Qt::CheckStateRole});
    Q_EMIT chosenChanged();
    return true;
}

QVariant EvidenceModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= columns)
        return {};
    if (role == Qt::TextAlignmentRole && (section == availability || section == requests))
        return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case scenario:
        return tr("scenario");
    case verdict:
        return tr("expectations");
    case match:
        return tr("made for");
    case availability:
        return tr("availability");
    case requests:
        return tr("requests");
    default:
        return tr("from");
    }
}

Qt::ItemFlags EvidenceModel::flags(const QModelIndex& index) const {
    if (!index.isValid())
        return Qt::NoItemFlags;
    const Row& row = rows_[static_cast<std::size_t>(index.row())];
    Qt::ItemFlags flags = Qt::ItemIsSelectable | Qt::ItemIsEnabled | Qt::ItemNeverHasChildren;
    if (index.column() == scenario && row.matches && !row.partial)
        flags |= Qt::ItemIsUserCheckable;
    return flags;
}

} // namespace brownout::ui
