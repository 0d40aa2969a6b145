// The timeline of the scenario editor: a lane per provider, a block per fault. Blocks are selected,
// several with Ctrl, Shift or a rubber band; dragged, moved between lanes, copied, deleted, all
// that are selected at once, by mouse and by keyboard; one is stretched at its ends; kinds of
// faults are dropped on it. Every change is one undoable edit of the ScenarioEditor, which is what
// it shows; while it is locked (a scenario plays) it shows only.
#pragma once

#include "ui/models/scenario_editor.h"
#include "ui/widgets/timeline_geometry.h"

#include <QAbstractScrollArea>

namespace brownout::ui {

class TimelineView : public QAbstractScrollArea {
    Q_OBJECT
  public:
    explicit TimelineView(ScenarioEditor& editor, QWidget* parent = nullptr);

    const Scene& scene() const { return scene_; }
    const TimelineGeometry& geometryOfScene() const { return geometry_; }
    void setLocked(bool locked);
    void setPlayhead(double seconds); // < 0: none
    double playhead() const { return playhead_s_; }
    // Where something is added: set by a click, moved by the arrows.
    double cursorSeconds() const { return cursor_s_; }
    void setCursorSeconds(double seconds);
    std::string cursorTarget() const; // of its lane
    // Adds at the cursor, in its lane, at most to the end.
    void addAtCursor(faults::Kind kind);
    void addFault(faults::Kind kind, const std::string& target, double at_s);

    void setZoom(double zoom, double aroundSeconds);
    double zoom() const { return zoom_; }
    void fit() { setZoom(1, 0); }
    bool copySelected();
    void paste(); // copied faults, the first at the cursor; anything else: nothing
    void duplicateSelected();
    void removeSelected();

    int selectedFault() const; // the one in hand; -1: none
    // The one that the keyboard is at: Ctrl and arrows go there without selecting it.
    int focusFault() const;
    bool isSelected(int fault) const { return editor_.isSelected(fault); }
    // Where things are drawn, in the viewport.
    QRect blockRect(int fault) const;
    QPoint pointAt(int lane, double seconds) const;
    QString describe(int fault) const; // "Fault 2 of 5: HTTP error on Aster: from 30 s for 60 s"
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

    static constexpr int nameWidth = 112;

  Q_SIGNALS:
    void inspectRequested(); // Enter, or a double click on a block
    void cursorMoved();
    void zoomChanged();

  protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragMoveEvent(QDragMoveEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    bool focusNextPrevChild(bool next) override;
    bool event(QEvent* event) override;
    bool viewportEvent(QEvent* event) override;

  private:
    enum class Grip { none, body, left, right };
    struct Held { // a block as it would be dropped
        ScenarioEditor::Move move;
        int lane = -1;
    };
    struct Drag {
        Grip grip = Grip::none;
        int fault = -1; // under the hand
        QPoint from;
        bool moving = false; // beyond the distance of a click
        bool alone = false;  // a click leaves this one of several selected
        std::vector<Held> held;
    };
    struct Band { // a rubber band, in the content
        QPoint from, to;
        bool moving = false;
        std::vector<int> kept; // selected before, and still
    };
    void refresh();
    void layoutScene();
    void announce();
    QPoint toContent(const QPoint& viewportPoint) const; // x from the plot's left
    std::pair<int, Grip> hit(const QPoint& viewportPoint) const;
    void dragTo(const QPoint& viewportPoint, bool snap);
    double snap(double s, bool on, const std::vector<int>& except = {}) const;
    void cancelDrag();
    void pressBlock(int fault, Grip grip, QMouseEvent* event);
    void pressGround(QMouseEvent* event);
    void pullBand(const QPoint& viewportPoint);
    bool moveByKey(QKeyEvent* event);
    bool selectByKey(QKeyEvent* event);
    bool editByKey(QKeyEvent* event);
    std::optional<int> laneFurther(int lane, int steps) const;
    bool staysInLane(int fault, std::size_t of) const;
    int lanesTogether(const std::vector<int>& faults, int steps) const;
    double secondsTogether(const std::vector<int>& faults, double by, double least) const;
    std::vector<Held> moved(const std::vector<int>& faults, double by_s, int lanes) const;
    void drop(const std::vector<Held>& held, const QString& mergeKey = {});
    void stretchSelected(double by_s);
    QString selectionKey() const;
    void toggle(int fault);
    void selectRange(int to);       // from the anchor
    std::vector<int> order() const; // faults as Tab goes through them
    void showFault(int fault);      // scrolls there
    const SceneBlock* blockOf(int fault) const;

    void paintLanes(QPainter& painter) const;
    void paintAxis(QPainter& painter) const;
    void paintBlocks(QPainter& painter) const;
    void paintBlock(QPainter& painter, const SceneBlock& block, const QRect& box,
                    bool selected) const;
    void paintHeld(QPainter& painter, const QPoint& shift) const;
    void paintCursors(QPainter& painter) const;
    QRect plot() const; // of the viewport, right of the names

    ScenarioEditor& editor_;
    Scene scene_;
    TimelineGeometry geometry_;
    double zoom_ = 1, playhead_s_ = -1, cursor_s_ = 0;
    int cursorLane_ = 0;
    bool locked_ = false;
    Drag drag_;
    std::optional<Band> band_;
    int focus_ = -1;                         // -1: the selected one
    int anchor_ = -1;                        // of a range; -1: the selected one
    std::optional<QPair<int, double>> drop_; // lane and second of a kind that hovers
};

} // namespace brownout::ui
