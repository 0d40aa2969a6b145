// Playground: talk to a chain, have it make pictures, or give it a file of requests, and watch who
// answers. Works on real
// providers as on simulated ones.
#pragma once

#include "ui/shell/session.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QStackedWidget;
class QTabBar;

namespace brownout::ui {

class BatchTab;
class ChatTab;
class ImageTab;
class MessageBar;

class PlaygroundPage : public QWidget {
    Q_OBJECT
  public:
    enum Tab { chatTab, imageTab, batchTab };
    explicit PlaygroundPage(Session& session, QWidget* parent = nullptr);

    // Puts `prompt` into the chat's editor and sends it; what the button does.
    void sendPrompt(const QString& prompt);
    ChatTab* chat() const { return chat_; }
    ImageTab* image() const { return image_; }
    BatchTab* batch() const { return batch_; }
    void showTab(Tab tab);

  Q_SIGNALS:
    void chainsRequested(const QString& provider); // to add its key, to mend what failed

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    QWidget* makeHead();
    QString chain() const;
    void setChain(const QString& id);
    void onDocument();
    void onChain();
    void checkKeys();
    void showMode();
    void focusPrompt();

    Session& session_;
    QTabBar* tabs_;
    QComboBox* chain_;
    QLabel* mode_;
    QStackedWidget* stack_;
    ChatTab* chat_;
    ImageTab* image_;
    BatchTab* batch_;
    MessageBar* keys_;
};

} // namespace brownout::ui
