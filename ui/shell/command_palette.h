// Ctrl+K: type a few letters, press Enter. Thread: the window's.
#pragma once

#include <QAbstractListModel>
#include <QFrame>
#include <QPointer>

#include <functional>
#include <vector>

class QLineEdit;
class QListView;

namespace brownout::ui {

struct PaletteCommand {
    QString text, shortcut;
    std::function<void()> run;
};

// The commands whose text holds every typed word, in any order and case; those that begin with what
// was typed come first.
class CommandModel : public QAbstractListModel {
    Q_OBJECT
  public:
    using QAbstractListModel::QAbstractListModel;
    void setCommands(std::vector<PaletteCommand> commands);
    void setFilter(const QString& typed);
    const PaletteCommand* command(int row) const; // null when there is no such row

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    static constexpr int shortcutRole = Qt::UserRole + 1;

  private:
    void rebuild();
    std::vector<PaletteCommand> commands_;
    std::vector<std::size_t> shown_;
    QString typed_;
};

class CommandPalette : public QFrame {
    Q_OBJECT
  public:
    // `commands` is asked each time the palette opens, so that it lists what can be done now.
    CommandPalette(std::function<std::vector<PaletteCommand>()> commands, QWidget* parent);
    void open();

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void runCurrent();
    void dismiss();
    std::function<std::vector<PaletteCommand>()> commands_;
    CommandModel* model_;
    QLineEdit* input_;
    QListView* list_;
    QPointer<QWidget> before_; // had the focus
};

} // namespace brownout::ui
