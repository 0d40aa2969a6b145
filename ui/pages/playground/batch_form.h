// What a batch is to do: its two files, how fast, and for how much at most.
#pragma once

#include "live/batch_view.h"

#include <QFrame>

class QCheckBox;
class QDoubleSpinBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace brownout::ui {

class BatchForm : public QFrame {
    Q_OBJECT
  public:
    explicit BatchForm(QWidget* parent = nullptr);

    live::StartBatch asked() const;     // without the chain
    QString problem() const;            // why it cannot start; empty: it can
    bool goesOn() const;                // there are answers already
    void setInput(const QString& path); // and a file for the answers beside it
    void setOutput(const QString& path);
    // Files that were dropped: `onAnswers` says where.
    void take(const QStringList& paths, bool onAnswers);
    bool isAnswers(const QWidget* widget) const; // belongs to that row
    void setReal(bool real);                     // someone bills: there is a limit until one is set
    void setLocked(bool locked);                 // a batch is running with these
    void chooseInput();
    void focusInput();

  Q_SIGNALS:
    void changed();

  private:
    QLineEdit* addFile(QGridLayout& grid, int row, const QString& caption, const char* name,
                       const QString& hint, QPushButton*& choose);
    QWidget* makeSettings();
    void chooseOutput();
    void onInput();

    QLineEdit *in_, *out_;
    QPushButton *chooseIn_, *chooseOut_;
    QSpinBox *atATime_, *perMinute_, *patience_;
    QDoubleSpinBox* spend_;
    QCheckBox *ordered_, *again_;
    QString suggested_; // for the answers; what stands there is ours as long as it is this
    bool spendChosen_ = false;
};

} // namespace brownout::ui
