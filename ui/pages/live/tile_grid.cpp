#include "ui/pages/live/tile_grid.h"

#include "ui/shell/theme.h"

#include <QGridLayout>

#include <algorithm>

namespace brownout::ui {

TileGrid::TileGrid(QWidget* parent) : QWidget(parent), grid_(new QGridLayout(this)) {
    grid_->setContentsMargins(0, 0, 0, 0);
    grid_->setSpacing(gridUnit + 2);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
}

void TileGrid::setTiles(const std::vector<QWidget*>& tiles) {
    for (QWidget* old : tiles_)
        if (std::find(tiles.begin(), tiles.end(), old) == tiles.end()) {
            grid_->removeWidget(old);
            old->hide();
            old->deleteLater(); // it may be handling its own click
        }
    tiles_ = tiles;
    columns_ = 0;
    arrange();
}

void TileGrid::arrange() {
    if (tiles_.empty())
        return;
    const int count = static_cast<int>(tiles_.size());
    const int fit = std::max(1, (width() + grid_->spacing()) / (narrowest + grid_->spacing()));
    // Rows of equal length: 8 tiles where 5 would fit become 4 and 4.
    const int rows = (count + fit - 1) / fit;
    const int columns = (count + rows - 1) / rows;
    if (columns == columns_)
        return;
    for (int i = 0; i < grid_->columnCount(); ++i) // columns that were used before, too
        grid_->setColumnStretch(i, 0);
    columns_ = columns;
    for (QWidget* tile : tiles_)
        grid_->removeWidget(tile);
    for (int i = 0; i < count; ++i)
        grid_->addWidget(tiles_[static_cast<std::size_t>(i)], i / columns, i % columns);
    for (int i = 0; i < columns; ++i)
        grid_->setColumnStretch(i, 1);
    for (QWidget* tile : tiles_)
        tile->show();
}

void TileGrid::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    arrange();
}

} // namespace brownout::ui
