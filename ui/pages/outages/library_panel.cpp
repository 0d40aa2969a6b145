#include "ui/pages/outages/library_panel.h"

#include "ui/models/expectation_model.h"
#include "ui/shell/theme.h"
#include "ui/widgets/scenario_timeline.h"

#include <QBoxLayout>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>

#include <algorithm>

namespace brownout::ui {
namespace {

constexpr int listWidth = 45 * gridUnit;

QFrame* panel(QWidget* parent, QVBoxLayout** column) {
    auto* out = new QFrame(parent);
    out->setProperty("panel", true);
    *column = new QVBoxLayout(out);
    (*column)->setContentsMargins(2 * gridUnit, 12, 2 * gridUnit, 12);
    (*column)->setSpacing(gridUnit);
    return out;
}

QLabel* panelLabel(QWidget* parent, const char* property) {
    auto* out = new QLabel(parent);
    out->setWordWrap(true);
    out->setTextFormat(Qt::PlainText);
    if (*property)
        out->setProperty(property, true);
    return out;
}

} // namespace

LibraryPanel::LibraryPanel(Session& session, QWidget* parent)
    : QWidget(parent), session_(session), directory_(QStringLiteral(":/scenarios")) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(12);
    row->addWidget(makeList());
    row->addWidget(makePreview(), 1);
    connect(&session_.editor(), &DocumentEditor::changed, this, [this] {
        if (isVisible())
            preview();
    });
}

QWidget* LibraryPanel::makeList() {
    QVBoxLayout* column;
    QFrame* frame = panel(this, &column);
    frame->setFixedWidth(listWidth);
    auto* title = panelLabel(frame, "title");
    title->setText(tr("Failures that really happen"));
    column->addWidget(title);
    search_ = new QLineEdit(frame);
    search_->setObjectName(QStringLiteral("library_search"));
    search_->setAccessibleName(tr("Search the library"));
    search_->setPlaceholderText(tr("Search, for example rate limit"));
    search_->setClearButtonEnabled(true);
    connect(search_, &QLineEdit::textChanged, this, &LibraryPanel::search);
    column->addWidget(search_);
    list_ = new QListView(frame);
    list_->setObjectName(QStringLiteral("scenario_library"));
    list_->setAccessibleName(tr("Scenarios"));
    list_->setProperty("bare", true);
    list_->setModel(&rows_);
    list_->setItemDelegate(new RowDelegate(list_));
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->setUniformItemSizes(true);
    connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &LibraryPanel::preview);
    connect(&rows_, &QAbstractItemModel::modelReset, this, &LibraryPanel::preview);
    connect(list_, &QListView::activated, this, [this] { load(false); });
    column->addWidget(list_, 1);
    nothing_ = panelLabel(frame, "muted");
    nothing_->setText(tr("No scenario is about that."));
    nothing_->hide();
    column->addWidget(nothing_);
    return frame;
}

QWidget* LibraryPanel::makePreview() {
    QVBoxLayout* column;
    QFrame* frame = panel(this, &column);
    name_ = panelLabel(frame, "heading");
    name_->setObjectName(QStringLiteral("library_name"));
    teaches_ = panelLabel(frame, "");
    teaches_->setObjectName(QStringLiteral("library_teaches"));
    problem_ = panelLabel(frame, "");
    problem_->setObjectName(QStringLiteral("library_problem"));
    problem_->setProperty("tone", "bad");
    timeline_ = new ScenarioTimeline(frame);
    timeline_->setObjectName(QStringLiteral("library_timeline"));
    traffic_ = panelLabel(frame, "muted");
    auto* heading = panelLabel(frame, "title");
    heading->setText(tr("A good chain meets"));
    expects_ = panelLabel(frame, "");
    expects_->setObjectName(QStringLiteral("library_expects"));
    for (QWidget* w : std::initializer_list<QWidget*>{name_, teaches_, problem_, timeline_,
                                                      traffic_, heading, expects_})
        column->addWidget(w);
    column->addStretch(1);
    auto* buttons = new QHBoxLayout;
    load_ = new QPushButton(tr("Load into the editor"), frame);
    load_->setObjectName(QStringLiteral("load_scenario"));
    play_ = new QPushButton(tr("Load and play"), frame);
    play_->setObjectName(QStringLiteral("load_and_play"));
    play_->setProperty("primary", true);
    for (QPushButton* b : {load_, play_})
        b->setAccessibleName(b->text());
    connect(load_, &QPushButton::clicked, this, [this] { load(false); });
    connect(play_, &QPushButton::clicked, this, [this] { load(true); });
    buttons->addWidget(play_);
    buttons->addWidget(load_);
    buttons->addStretch(1);
    column->addLayout(buttons);
    return frame;
}

void LibraryPanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (all_.empty())
        setDirectory(directory_);
    else
        preview(); // on the chain as it is now
}

void LibraryPanel::setDirectory(const QString& directory) {
    directory_ = directory;
    all_.clear();
    for (const ScenarioFile& file : scenariosIn(directory)) {
        Entry entry{file, {}, {}};
        const LoadedScenario read = loadScenario(file.path, session_.editor().document());
        if (read.json && read.json->is_object() && read.json->contains("description") &&
            (*read.json)["description"].is_string())
            entry.teaches = QString::fromStdString((*read.json)["description"].get<std::string>());
        entry.words = file.name + QLatin1Char(' ') + entry.teaches + QLatin1Char(' ') +
                      QFileInfo(file.path).fileName();
        if (read.json)
            entry.words += QString::fromStdString(read.json->value("faults", chain::Json()).dump());
        all_.push_back(std::move(entry));
    }
    std::sort(all_.begin(), all_.end(), [](const Entry& a, const Entry& b) {
        return a.file.name.compare(b.file.name, Qt::CaseInsensitive) < 0;
    });
    search(search_->text());
}

void LibraryPanel::search(const QString& words) {
    std::vector<ListRow> rows;
    for (const Entry& entry : all_) {
        bool found = true;
        for (const QString& word : words.split(QLatin1Char(' '), Qt::SkipEmptyParts))
            found = found && entry.words.contains(word, Qt::CaseInsensitive);
        if (found) {
            ListRow row;
            row.id = entry.file.path;
            row.title = entry.file.name;
            row.subtitle = entry.teaches;
            row.toolTip = entry.teaches;
            rows.push_back(std::move(row));
        }
    }
    const bool any = !rows.empty();
    rows_.setRows(std::move(rows));
    nothing_->setVisible(!any);
    if (!list_->currentIndex().isValid() && any)
        list_->setCurrentIndex(rows_.index(0));
}

void LibraryPanel::choose(const QString& path) {
    if (all_.empty())
        setDirectory(directory_);
    if (const int at = rows_.indexOf(path); at >= 0)
        list_->setCurrentIndex(rows_.index(at));
}

void LibraryPanel::preview() {
    const QModelIndex index = list_->currentIndex();
    const QString path = index.data(RowListModel::idRole).toString();
    loaded_ = path.isEmpty() ? LoadedScenario{} : loadScenario(path, session_.editor().document());
    name_->setText(index.data().toString());
    teaches_->setText(index.data(RowListModel::subtitleRole).toString());
    problem_->setText(loaded_.problems.isEmpty()
                          ? QString()
                          : tr("Not for this chain as it is: %1").arg(loaded_.problems.first()));
    problem_->setVisible(!loaded_.problems.isEmpty());
    load_->setEnabled(loaded_.json.has_value());
    play_->setEnabled(loaded_.scenario.has_value());
    if (!loaded_.scenario) {
        timeline_->setLanes({}, 0);
        traffic_->clear();
        expects_->clear();
        return;
    }
    const faults::Scenario& s = *loaded_.scenario;
    timeline_->setLanes(timelineLanes(s, session_.editor().document()), durationOf(s));
    traffic_->setText(trafficText(s));
    QStringList lines;
    for (const faults::Expectation& e : s.expect)
        lines << QStringLiteral("•  ") + expectationText(e);
    expects_->setText(lines.join(QLatin1Char('\n')));
}

void LibraryPanel::load(bool play) {
    if (loaded_.json)
        Q_EMIT loadRequested(
            *loaded_.json,
            QFileInfo(list_->currentIndex().data(RowListModel::idRole).toString()).fileName(),
            play && loaded_.scenario.has_value());
}

} // namespace brownout::ui
