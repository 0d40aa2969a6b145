// Export: the chain together with the evidence that it holds. Reports of this run come by
// themselves; others are loaded. What is written is exactly what the preview shows.
#pragma once

#include "chain/evidence.h"
#include "ui/models/evidence_model.h"

#include <QWidget>

class QCheckBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace brownout::ui {

class JsonPreview;
class MessageBar;
class Session;

class ExportPage : public QWidget {
    Q_OBJECT
  public:
    explicit ExportPage(Session& session, QWidget* parent = nullptr);

    // False: the message says why. Used by "Load report" and by dropped files.
    bool loadReport(const QString& path);
    // Writes the previewed document; the message says where, and how to verify it.
    bool exportTo(const QString& path);
    EvidenceModel& evidence() { return model_; }

    // "Evidence holds: ..." in words, for a document that carries evidence or not.
    static QString stateText(const chain::EvidenceCheck& check);

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    QWidget* makeEvidencePanel();
    QWidget* makePreviewPanel();
    void documentChanged();
    void takeReport(); // of a scenario that has finished
    void refresh();
    void refreshState();
    QString defaultPath() const;
    void chooseReport();
    void choosePath();

    Session& session_;
    EvidenceModel model_;
    std::shared_ptr<const chain::Json> taken_; // the newest report that was put into the list
    MessageBar *state_, *message_;
    QTableView* table_;
    QStackedWidget* tableOrHint_;
    QPushButton *export_, *remove_;
    QLabel *why_, *previewTitle_;
    QCheckBox* difference_;
    JsonPreview* preview_;
    QLineEdit* path_;
    QString proposed_;                  // the path as last proposed; the user's own stays
    std::optional<chain::Json> tested_; // what Export would write; nothing when it cannot
    bool dirty_ = true;                 // to be refreshed when shown
};

} // namespace brownout::ui
