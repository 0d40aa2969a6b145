// A document to look at: JSON in the theme's colours, read-only, or its difference from another.
#pragma once

#include <QPlainTextEdit>
#include <QSyntaxHighlighter>

namespace brownout::ui {

class JsonTint : public QSyntaxHighlighter {
    Q_OBJECT
  public:
    using QSyntaxHighlighter::QSyntaxHighlighter;

  protected:
    void highlightBlock(const QString& text) override;
};

class JsonPreview : public QPlainTextEdit {
    Q_OBJECT
  public:
    explicit JsonPreview(QWidget* parent = nullptr);
    void showText(const QString& json);
    // Changed lines with a few lines around each; "+" and "-" besides the colours.
    void showDifference(const QString& before, const QString& after);
    static constexpr int contextLines = 3;

  protected:
    void changeEvent(QEvent* event) override;

  private:
    void put(const QString& text);
    void paintLines();
    JsonTint* tint_;
    std::vector<int> marks_; // by line: 1 added, -1 removed, 0 same; empty: no difference shown
};

} // namespace brownout::ui
