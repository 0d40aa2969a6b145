// Add provider: type a few letters, press Enter. Each preset shows its mark, dialect, base URL and
// whether its key is there; below, what is missing and what the first target will be. Lies over the
// page until something is added, Escape is pressed or the focus goes elsewhere. Thread: the
// window's.
#pragma once

#include "ui/models/preset_list.h"

#include <QFrame>
#include <QPointer>

class QLabel;
class QLineEdit;
class QListView;
class QPushButton;

namespace brownout::ui {

class PresetPicker : public QFrame {
    Q_OBJECT
  public:
    explicit PresetPicker(QWidget* parent);
    ~PresetPicker() override;
    // `keychain`: is there one, for keys from a .env file?
    void open(std::vector<PresetOffer> offers, bool keychain);

  Q_SIGNALS:
    void chosen(const brownout::ui::PresetOffer& offer);
    void dotenvRequested(brownout::chain::KeyRef::Source keep);

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    QWidget* buildFoot();
    void fillDotenvMenu(bool keychain);
    void filter(const QString& typed);
    void showCurrent();
    void add();
    void dismiss();
    void place();

    std::vector<PresetOffer> offers_, shown_;
    RowListModel model_;
    QLineEdit* input_;
    QListView* list_;
    QLabel *detail_, *none_;
    QPushButton *add_, *dotenv_;
    QPointer<QWidget> before_; // had the focus
};

} // namespace brownout::ui
