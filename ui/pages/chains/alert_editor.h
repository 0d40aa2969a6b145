// The alert rules of the document as a list, the chosen one field by field with when it is raised
// and when it is over, and the webhooks with a test call each.
#pragma once

#include "ui/models/row_list.h"
#include "ui/widgets/json_form.h"

class QBoxLayout;
class QLabel;
class QListView;
class QPushButton;

namespace brownout::ui {

class HookRow;
class Session;

class AlertEditor : public QWidget {
    Q_OBJECT
  public:
    explicit AlertEditor(Session& session, QWidget* parent = nullptr);
    void show(int rule); // the document changed, or another rule is chosen
    void flush();        // commits what is being typed
    // The field of "/alerts/2/above" (of the rule that is shown) or "/hooks/on_alert". False: none.
    bool focusPointer(const std::string& pointer);

  Q_SIGNALS:
    void chosen(int rule);

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void makeList(QBoxLayout& column);
    void makeButtons(QBoxLayout& column);
    void makeForm(QBoxLayout& column);
    void showList();
    void showRule();
    void apply(const FieldSpec& spec, std::optional<chain::Json> value);
    void add(std::string_view metric);
    void duplicate();
    void remove();
    QString problemOf(int rule) const; // the first error of it; empty: none

    Session& session_;
    RowListModel rules_;
    int rule_ = 0;
    bool following_ = false; // the selection comes from the document
    QListView* list_;
    QLabel *state_, *sentence_, *trouble_;
    QPushButton *add_, *duplicate_, *remove_, *none_, *default_;
    JsonForm* form_;
    std::vector<HookRow*> hooks_;
};

} // namespace brownout::ui
