// What one request costs at worst: attempts, seconds, dollars, and what the dollars assume.
#pragma once

#include "chain/worst_case.h"

#include <QFrame>

class QLabel;
class QSpinBox;

namespace brownout::ui {

class WorstCasePanel : public QFrame {
    Q_OBJECT
  public:
    explicit WorstCasePanel(QWidget* parent = nullptr);
    void show(const chain::Document& document, const chain::Chain& shown);
    void clear(); // nothing valid to compute from

    // "Path: Aster twice, Birch twice, every try billed in full."
    static QString sentence(const chain::WorstCase& worst);

  private:
    QWidget* figure(const QString& caption, const QString& objectName, QLabel*& value);
    void compute();

    chain::Document document_;
    std::string chainId_;
    QLabel *attempts_, *seconds_, *usd_, *path_;
    QSpinBox *input_, *output_;
};

} // namespace brownout::ui
