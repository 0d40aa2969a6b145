// What one request costs at worst: attempts, seconds, dollars, the path that reaches each, and what
// the dollars assume.
#pragma once

#include "chain/worst_case.h"

#include <QFrame>

class QLabel;
class QPushButton;
class QSpinBox;

namespace brownout::ui {

class WorstCasePanel : public QFrame {
    Q_OBJECT
  public:
    explicit WorstCasePanel(QWidget* parent = nullptr);
    void show(const chain::Document& document, const chain::Chain& shown);
    void clear(); // nothing valid to compute from

    // What ends or caps the figures, and which prices they leave out.
    static QString remarks(const chain::WorstCase& worst);
    // A path as lines, "Aster / gpt-5-mini: fails twice".
    static QString pathText(const chain::Chain& chain, const chain::WorstPath& path,
                            chain::PathView view);

  private:
    struct Figure {
        QLabel *value = nullptr, *path = nullptr;
    };
    QWidget* figure(const QString& caption, const QString& name, Figure& figure);
    QLayout* assumption();
    void setPath(Figure& figure, const QString& text);
    void compute();

    chain::Document document_;
    std::string chainId_;
    Figure attempts_, seconds_, usd_;
    QWidget* paths_;
    QPushButton* showPaths_;
    QLabel* remarks_;
    QSpinBox *input_, *output_;
};

} // namespace brownout::ui
