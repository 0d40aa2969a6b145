// Image: one prompt, pictures from the chain. What it should be like and the last pictures at the
// left; the picture, the raw exchanges and the code at the right.
#pragma once

#include "ui/models/picture_history.h"
#include "ui/shell/session.h"

#include <QWidget>

class QLabel;
class QListView;
class QPushButton;
class QStackedWidget;

namespace brownout::ui {

class Composer;
class ImageSettings;
class OutcomeView;
class PictureView;
class ResultPanel;

class ImageTab : public QWidget {
    Q_OBJECT
  public:
    explicit ImageTab(Session& session, QWidget* parent = nullptr);

    void setChain(const QString& chain);
    void sendPrompt(const QString& prompt); // as if it had been typed and sent
    void stop();
    void focusPrompt();
    PictureView* picture() const { return picture_; }

  Q_SIGNALS:
    void chainsRequested(const QString& provider);
    void sent(); // something goes out now

  private:
    QWidget* makeLeft();
    QWidget* makeResult();
    void connectParts();
    void send();
    void onSnapshot();
    void showShown();
    void showNothing();
    void refreshReady(); // can anything be sent?
    void refreshDetails();
    wire::ChatRequest request() const;
    bool chainMakesPictures() const;

    Session& session_;
    PictureHistory history_;
    QString chain_;
    quint64 shown_ = 0, running_ = 0; // ids; 0: none
    ImageSettings* settings_;
    Composer* composer_;
    ResultPanel* panel_;
    OutcomeView* outcome_;
    PictureView* picture_;
    QStackedWidget* stack_;
    QWidget* nothing_;
    QLabel *hint_, *by_, *figures_, *emptyHistory_;
    QPushButton *toChains_, *again_;
    QListView* list_;
};

} // namespace brownout::ui
