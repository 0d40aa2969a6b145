// The left side of the playground: what is asked, and of which chain.
#pragma once

#include "wire/message.h"

#include <QFrame>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace brownout::ui {

class RequestForm : public QFrame {
    Q_OBJECT
  public:
    explicit RequestForm(QWidget* parent = nullptr);

    // Ids in order; keeps the chosen one where it is still there.
    void setChains(const QStringList& ids);
    QString chain() const;
    void setChain(const QString& id);
    wire::ChatRequest request() const;
    void setRequest(const wire::ChatRequest& request);
    bool hasPrompt() const;
    // One line under the buttons: who would be called, and whether that costs.
    void setMode(const QString& text);
    void setRunning(bool running); // Stop instead of Send
    void focusPrompt();

  Q_SIGNALS:
    void send();
    void stop();
    void chainChosen(const QString& id);

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override; // Ctrl+Enter in the editors

  private:
    QPlainTextEdit* addEditor(const QString& name, const QString& objectName, const QString& hint);
    QGridLayout* addSettings();
    void refresh();
    QComboBox* chain_;
    QPlainTextEdit *system_, *prompt_;
    QCheckBox* stream_;
    QSpinBox* maxTokens_;
    QDoubleSpinBox* temperature_;
    QPushButton *send_, *stop_;
    QLabel* mode_;
    bool running_ = false;
};

} // namespace brownout::ui
