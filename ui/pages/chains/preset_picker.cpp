#include "ui/pages/chains/preset_picker.h"

#include "ui/shell/theme.h"

#include <QApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPushButton>

#include <algorithm>

namespace brownout::ui {

namespace {

constexpr int pickerWidth = 640, pickerHeight = 600;

// A press of Enter is the same as of the button, wherever the focus is.
bool isEnter(int key) {
    return key == Qt::Key_Return || key == Qt::Key_Enter;
}

} // namespace

PresetPicker::PresetPicker(QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("preset_picker"));
    setAccessibleName(tr("Add a provider"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(gridUnit + 4, gridUnit + 4, gridUnit + 4, gridUnit + 4);
    column->setSpacing(gridUnit);
    auto* title = new QLabel(tr("Add a provider"));
    title->setProperty("title", true);
    column->addWidget(title);
    input_ = new QLineEdit;
    input_->setObjectName(QStringLiteral("preset_filter"));
    input_->setAccessibleName(tr("Find a provider"));
    input_->setPlaceholderText(tr("Find by name, dialect, address or variable; Enter adds"));
    input_->setClearButtonEnabled(true);
    input_->installEventFilter(this);
    column->addWidget(input_);
    list_ = new QListView;
    list_->setObjectName(QStringLiteral("preset_list"));
    list_->setAccessibleName(tr("Providers that match"));
    list_->setModel(&model_);
    list_->setItemDelegate(new RowDelegate(list_));
    list_->setProperty("bare", true);
    list_->setFrameShape(QFrame::NoFrame);
    list_->setMouseTracking(true);
    list_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    list_->setFocusPolicy(Qt::NoFocus); // the arrows of the input move in it
    column->addWidget(list_, 1);
    none_ = new QLabel(tr("No preset matches. Any server of a known dialect can be added: take "
                          "one that speaks it, and write its address into the base URL."));
    none_->setObjectName(QStringLiteral("preset_none"));
    none_->setProperty("muted", true);
    none_->setWordWrap(true);
    none_->hide();
    column->addWidget(none_);
    detail_ = new QLabel;
    detail_->setObjectName(QStringLiteral("preset_detail"));
    detail_->setWordWrap(true);
    detail_->setTextFormat(Qt::PlainText);
    detail_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    detail_->setMinimumHeight(4 * detail_->fontMetrics().lineSpacing()); // nothing jumps
    column->addWidget(detail_);
    column->addWidget(buildFoot());

    connect(input_, &QLineEdit::textChanged, this, &PresetPicker::filter);
    connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &PresetPicker::showCurrent);
    connect(list_, &QListView::doubleClicked, this, &PresetPicker::add);
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget*, QWidget* now) {
        if (isVisible() && now && now != this && !isAncestorOf(now) && now->window() == window())
            hide();
    });
    parent->installEventFilter(this); // it is placed by the page's size
    hide();
}

PresetPicker::~PresetPicker() {
    disconnect(qApp, nullptr, this, nullptr); // the focus moves once more while the parts go
}

QWidget* PresetPicker::buildFoot() {
    auto* foot = new QWidget;
    auto* row = new QHBoxLayout(foot);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gridUnit);
    dotenv_ = new QPushButton(tr("Import .env"));
    dotenv_->setObjectName(QStringLiteral("import_dotenv"));
    dotenv_->setAccessibleName(tr("Import .env"));
    dotenv_->setToolTip(tr("A provider for each key of a .env file; the file is not kept"));
    dotenv_->setProperty("hasMenu", true);
    auto* menu = new QMenu(dotenv_);
    menu->setObjectName(QStringLiteral("dotenv_menu"));
    dotenv_->setMenu(menu);
    row->addWidget(dotenv_);
    row->addStretch();
    auto* close = new QPushButton(tr("Close"));
    close->setObjectName(QStringLiteral("preset_close"));
    close->setAccessibleName(close->text());
    connect(close, &QPushButton::clicked, this, &PresetPicker::dismiss);
    row->addWidget(close);
    add_ = new QPushButton(tr("Add"));
    add_->setObjectName(QStringLiteral("preset_add"));
    add_->setAccessibleName(add_->text());
    add_->setProperty("primary", true);
    connect(add_, &QPushButton::clicked, this, &PresetPicker::add);
    row->addWidget(add_);
    return foot;
}

void PresetPicker::fillDotenvMenu(bool keychain) {
    using Source = chain::KeyRef::Source;
    QMenu& menu = *dotenv_->menu();
    menu.clear();
    const auto item = [&](const QString& label, const char* name, Source source) {
        QAction* action = menu.addAction(label);
        action->setObjectName(QLatin1String(name));
        connect(action, &QAction::triggered, this, [this, source] {
            dismiss();
            Q_EMIT dotenvRequested(source);
        });
        return action;
    };
    item(tr("Keep its keys in the system keychain..."), "dotenv_keychain", Source::keychain)
        ->setEnabled(keychain);
    item(tr("Keep its keys for this session only..."), "dotenv_session", Source::session);
}

void PresetPicker::open(std::vector<PresetOffer> offers, bool keychain) {
    if (!isVisible())
        before_ = QApplication::focusWidget();
    offers_ = std::move(offers);
    fillDotenvMenu(keychain);
    const QSignalBlocker block(input_);
    input_->clear();
    filter({});
    place();
    show();
    raise();
    input_->setFocus(Qt::OtherFocusReason);
}

void PresetPicker::place() {
    const QWidget& over = *parentWidget();
    const int width = std::min(pickerWidth, over.width() - 4 * gridUnit);
    const int height = std::min(pickerHeight, over.height() - 4 * gridUnit);
    setGeometry((over.width() - width) / 2, std::min(6 * gridUnit, (over.height() - height) / 2),
                width, height);
}

void PresetPicker::filter(const QString& typed) {
    shown_ = matching(offers_, typed);
    std::vector<ListRow> rows;
    for (const PresetOffer& offer : shown_)
        rows.push_back(offer.row);
    model_.setRows(std::move(rows));
    list_->setCurrentIndex(model_.index(0));
    none_->setVisible(shown_.empty());
    list_->setVisible(!shown_.empty());
    showCurrent();
}

void PresetPicker::showCurrent() {
    const int row = list_->currentIndex().row();
    const bool any = row >= 0 && row < static_cast<int>(shown_.size());
    const PresetOffer* offer = any ? &shown_[static_cast<std::size_t>(row)] : nullptr;
    detail_->setText(offer ? offer->detail : QString());
    detail_->setVisible(any);
    add_->setEnabled(any);
    add_->setText(offer ? tr("Add %1").arg(offer->row.title) : tr("Add"));
    add_->setAccessibleName(add_->text());
}

void PresetPicker::add() {
    const int row = list_->currentIndex().row();
    if (row < 0 || row >= static_cast<int>(shown_.size()))
        return;
    const PresetOffer offer = shown_[static_cast<std::size_t>(row)]; // the list may be made anew
    dismiss();
    Q_EMIT chosen(offer);
}

void PresetPicker::dismiss() {
    hide();
    if (before_)
        before_->setFocus(Qt::OtherFocusReason);
}

void PresetPicker::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape)
        return dismiss();
    QFrame::keyPressEvent(event);
}

bool PresetPicker::eventFilter(QObject* watched, QEvent* event) {
    if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible())
        place();
    if (watched != input_ || event->type() != QEvent::KeyPress)
        return QFrame::eventFilter(watched, event);
    const int key = static_cast<QKeyEvent*>(event)->key();
    const int last = model_.rowCount() - 1;
    const int row = list_->currentIndex().row();
    const auto go = [&](int to) {
        list_->setCurrentIndex(model_.index(std::clamp(to, 0, std::max(0, last))));
        return true;
    };
    switch (key) {
    case Qt::Key_Down:
        return go(row + 1);
    case Qt::Key_Up:
        return go(row - 1);
    case Qt::Key_PageDown:
        return go(row + 6);
    case Qt::Key_PageUp:
        return go(row - 6);
    case Qt::Key_Escape:
        dismiss();
        return true;
    default:
        if (!isEnter(key))
            return false;
        add();
        return true;
    }
}

} // namespace brownout::ui
