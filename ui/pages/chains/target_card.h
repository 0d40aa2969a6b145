// One target in the flow of a chain: place, name, what happens on it in one sentence, price, and
// the live state of its breaker. Selected by click or focus; its buttons show while it is selected.
#pragma once

#include "ui/widgets/elided_label.h"
#include "ui/widgets/provider_glyph.h"
#include "ui/widgets/state_badge.h"

#include <QFrame>

class QToolButton;

namespace brownout::ui {

struct CardView {
    int place = 0; // from 0
    int count = 0; // targets in the chain
    QString title, sentence, price;
    QString priceSource; // of a price that the document does not give; empty: it does
    bool enabled = true, problem = false; // problem: `sentence` says what is wrong
    std::optional<ProviderGlyph> glyph;   // of its provider
    QString badge;
    Tone tone = Tone::neutral;
    friend bool operator==(const CardView&, const CardView&) = default;
};

class TargetCard : public QFrame {
    Q_OBJECT
  public:
    explicit TargetCard(QWidget* parent = nullptr);
    void setView(const CardView& view); // no work when nothing changed
    const CardView& view() const { return view_; }
    void setBadge(const QString& word, Tone tone);
    void setSelected(bool selected);

    static constexpr const char* mimeType = "application/x-brownout-target";

  Q_SIGNALS:
    void chosen(int place);
    void moveRequested(int from, int to);
    void removeRequested(int place);
    void duplicateRequested(int place);
    void toggleRequested(int place); // enable or disable
    void stepRequested(int place);   // selection to another card

  protected:
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;

  private:
    QToolButton* button(const QString& iconName, const QString& name, const QString& shortcut);
    void startDrag(const QPoint& at);

    CardView view_;
    QLabel *handle_, *sentence_;
    ElidedLabel *title_, *price_;
    GlyphMark* glyph_;
    StateBadge* badge_;
    QToolButton *up_, *down_, *duplicate_, *toggle_, *remove_;
    QWidget* buttons_;
    QPoint pressed_;
    bool mayDrag_ = false;
};

} // namespace brownout::ui
