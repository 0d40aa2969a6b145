// Where the next question is written: the prompt, Send and Stop.
#pragma once

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace brownout::ui {

class Composer : public QWidget {
    Q_OBJECT
  public:
    // `verb`: what the button says ("Send", "Make it").
    Composer(const QString& hint, const QString& verb, const char* prefix,
             QWidget* parent = nullptr);

    QString prompt() const;
    void setPrompt(const QString& prompt);
    bool hasPrompt() const;
    void setRunning(bool running);       // Stop instead of Send
    void setBlocked(const QString& why); // not empty: nothing can be sent; says why
    // A line above the prompt with a way out of it; empty: none.
    void setNotice(const QString& text, const QString& wayOut = {});
    void focusPrompt();
    QPlainTextEdit* editor() const { return prompt_; }

  Q_SIGNALS:
    void send();
    void stop();
    void edited();
    void noticeLeft(); // the way out was taken

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override; // Ctrl+Enter

  private:
    void refresh();
    QPlainTextEdit* prompt_;
    QPushButton *send_, *stop_, *leave_;
    QLabel *notice_, *keys_;
    QString blocked_;
    bool running_ = false;
};

} // namespace brownout::ui
