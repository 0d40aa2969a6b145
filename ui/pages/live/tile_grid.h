// Tiles side by side, in as many columns as have room. Thread: the window's.
#pragma once

#include <QWidget>

#include <vector>

class QGridLayout;

namespace brownout::ui {

class TileGrid : public QWidget {
    Q_OBJECT
  public:
    explicit TileGrid(QWidget* parent = nullptr);
    void setTiles(const std::vector<QWidget*>& tiles); // takes them over; old ones are deleted

    static constexpr int narrowest = 290; // px a tile needs

  protected:
    void resizeEvent(QResizeEvent* event) override;

  private:
    void arrange();
    QGridLayout* grid_;
    std::vector<QWidget*> tiles_;
    int columns_ = 0;
};

} // namespace brownout::ui
