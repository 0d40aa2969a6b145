// What every question of a conversation is asked with: the system prompt and the parameters. What
// is not set is not sent.
#pragma once

#include "wire/message.h"

#include <QFrame>

class QCheckBox;
class QDoubleSpinBox;
class QGridLayout;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace brownout::ui {

class ChatSettings : public QFrame {
    Q_OBJECT
  public:
    explicit ChatSettings(QWidget* parent = nullptr);

    // Its messages hold the system prompt alone, if there is one.
    wire::ChatRequest settings() const;
    void setSettings(const wire::ChatRequest& settings);

  Q_SIGNALS:
    void changed();

  private:
    QGridLayout* makeGrid();
    QSpinBox* addCount(const char* objectName, int highest, int step, const QString& tip);
    QDoubleSpinBox* addPart(const char* objectName, double highest, const QString& tip);
    void reset();

    QPlainTextEdit *system_, *stop_;
    QDoubleSpinBox *temperature_, *topP_;
    QSpinBox *maxTokens_, *topK_;
    QLineEdit* seed_;
    QCheckBox *stream_, *json_;
    QPushButton* reset_;
};

// One stop sequence a line; \n, \t and \\ stand for what cannot be typed. At most 16. Pure.
std::vector<std::string> stopSequences(const QString& text);
QString stopText(const std::vector<std::string>& sequences);

} // namespace brownout::ui
