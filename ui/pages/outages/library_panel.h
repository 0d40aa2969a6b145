// The scenarios that come with Brownout: searched by what they are about, looked at before they are
// loaded into the editor.
#pragma once

#include "ui/models/row_list.h"
#include "ui/models/scenario_library.h"
#include "ui/shell/session.h"

#include <QFrame>

class QLabel;
class QLineEdit;
class QListView;
class QPushButton;

namespace brownout::ui {

class ScenarioTimeline;

class LibraryPanel : public QWidget {
    Q_OBJECT
  public:
    explicit LibraryPanel(Session& session, QWidget* parent = nullptr);
    // Replaces the built-in library by the scenarios of a directory.
    void setDirectory(const QString& directory);
    int count() const { return static_cast<int>(all_.size()); }
    void choose(const QString& path);

  Q_SIGNALS:
    void loadRequested(const chain::Json& json, const QString& name, bool play);

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    struct Entry {
        ScenarioFile file;
        QString teaches, words; // what is searched
    };
    QWidget* makeList();
    QWidget* makePreview();
    void search(const QString& words);
    void preview();
    void load(bool play);
    Session& session_;
    QString directory_;
    std::vector<Entry> all_;
    LoadedScenario loaded_;
    RowListModel rows_;
    QLineEdit* search_;
    QListView* list_;
    QLabel *name_, *teaches_, *traffic_, *expects_, *problem_, *nothing_;
    ScenarioTimeline* timeline_;
    QPushButton *load_, *play_;
};

} // namespace brownout::ui
