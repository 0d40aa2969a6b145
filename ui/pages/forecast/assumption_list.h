// What the forecast rests on: chain, traffic, years, and for every provider of the chain its
// outages, latency and prices, each with its source, each to be changed in place. Thread: the
// window's.
#pragma once

#include "ui/shell/session.h"
#include "ui/widgets/json_form.h"

#include <QWidget>

class QVBoxLayout;

namespace brownout::ui {

class AssumptionRow;

class AssumptionList : public QWidget {
    Q_OBJECT
  public:
    explicit AssumptionList(Session& session, QWidget* parent = nullptr);

    // Figures and sources again; rows, too, where the chain has other providers. `trouble`: what
    // cannot be played, beside what the editor's reader says.
    void refresh(std::vector<chain::Problem> trouble);
    AssumptionRow* row(const QString& key) const; // "traffic", "aster/outages"; null: none
    void open(const QString& key);
    void flush(); // commits what is being typed

  private:
    struct Section {
        QString key;
        AssumptionRow* row = nullptr;
        JsonForm* form = nullptr;       // null: nothing to change here
        std::vector<std::string> bases; // whose problems are this one's
    };
    void rebuild();
    void addSection(const QString& key, const QString& title, bool opens,
                    std::vector<std::string> bases);
    Section* section(const QString& key);
    void fill(Section& section);
    void fillChain(Section& s);
    void fillTraffic(Section& s);
    void fillYears(Section& s);
    void fillModel(Section& s, const std::string& provider, bool outages);
    void fillPrices(Section& s);
    void showForm(Section& s, const chain::Json& object, const std::string& base);
    void editModel(const std::string& provider, bool outages, const FieldSpec& spec,
                   std::optional<chain::Json> value);

    Session& session_;
    QVBoxLayout* column_;
    std::vector<Section> sections_;
    std::vector<chain::Problem> trouble_;
    QString built_; // what the rows were made for
};

} // namespace brownout::ui
