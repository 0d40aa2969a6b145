// The pictures that a request brought: one at a time, as large as fits, with its size in pixels;
// saved byte for byte as it came, or copied.
#pragma once

#include "wire/message.h"

#include <QImage>
#include <QWidget>

class QLabel;
class QPushButton;

namespace brownout::ui {

// "image/png": "png"; what is no picture: "bin". Pure.
QString extensionFor(const std::string& mime);
// "A lighthouse, at dusk!": "a-lighthouse-at-dusk.png". Pure.
QString pictureFileName(const QString& prompt, int which, const std::string& mime);
// With the extension that the bytes call for, whatever was typed. Pure.
QString withExtension(const QString& path, const std::string& mime);

// Decodes it, or nothing: no picture, or one of more than 64 million pixels.
QImage decodePicture(const std::string& bytes);

class PictureView : public QWidget {
    Q_OBJECT
  public:
    explicit PictureView(QWidget* parent = nullptr);

    using Pictures = std::shared_ptr<const std::vector<wire::Picture>>;
    // The same pictures: no work. `prompt` names their files.
    void showPictures(const Pictures& pictures, const QString& prompt);
    int chosen() const { return chosen_; }
    // Writes the chosen picture; the path gets the right extension. Empty: done, `path` tells
    // where; else what went wrong.
    QString saveTo(QString& path) const;

  Q_SIGNALS:
    void told(const QString& text, bool problem);

  private:
    class Canvas;
    void choose(int which);
    void saveAs();
    QPushButton* makeButton(const QString& text, const char* objectName, const char* iconName);
    Pictures pictures_;
    QString prompt_;
    int chosen_ = 0;
    Canvas* canvas_;
    QLabel *facts_, *which_;
    QPushButton *earlier_, *later_, *save_, *copy_;
};

} // namespace brownout::ui
