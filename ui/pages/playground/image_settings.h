// What a picture is to be like. What is not set is not sent: the model's own default holds.
#pragma once

#include "wire/message.h"

#include <QFrame>

class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QLineEdit;
class QPlainTextEdit;
class QSpinBox;

namespace brownout::ui {

class ImageSettings : public QFrame {
    Q_OBJECT
  public:
    explicit ImageSettings(QWidget* parent = nullptr);

    wire::ImageRequest settings() const; // without a prompt
    void setSettings(const wire::ImageRequest& settings);
    // Empty: the settings can be sent. Else what is wrong.
    QString problem() const;

  Q_SIGNALS:
    void changed();

  private:
    QGridLayout* makeGrid();
    QSpinBox* addCount(const char* objectName, int highest, const QString& tip);
    QComboBox* addWords(const char* objectName, const QStringList& words);

    QPlainTextEdit* negative_;
    QComboBox *size_, *quality_, *format_;
    QSpinBox *count_, *steps_;
    QDoubleSpinBox* guidance_;
    QLineEdit* seed_;
};

} // namespace brownout::ui
