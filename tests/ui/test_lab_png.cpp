// The lab's pictures are PNGs by somebody else's judgement.
#include "live/lab_png.h"

#include <QImage>
#include <QtTest>

class TestLabPng : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void anotherProgramReadsIt() {
        for (const QSize size : {QSize(1024, 1024), QSize(1, 1), QSize(7, 300), QSize(640, 480),
                                 QSize(4096, 3), QSize(259, 263)}) {
            for (const char* prompt : {"a cat", "", "a dog on a roof"}) {
                const std::string png =
                    brownout::live::lab_png(prompt, 42, size.width(), size.height());
                QImage image;
                QVERIFY(image.loadFromData(QByteArray::fromStdString(png), "PNG"));
                QCOMPARE(image.size(), size);
                if (size == QSize(1024, 1024)) { // mirrored, in four colours
                    for (int y = 0; y < 1024; y += 100)
                        for (int x = 0; x < 512; x += 37)
                            QCOMPARE(image.pixel(x, y), image.pixel(1023 - x, y));
                    QCOMPARE(image.colorCount(), 4);
                }
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestLabPng)
#include "test_lab_png.moc"
