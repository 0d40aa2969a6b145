#include "ui/pages/playground/code_view.h"

#include "ui/pages/playground/fields.h"
#include "ui/shell/theme.h"

#include <QBoxLayout>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QPushButton>
#include <QTabBar>

namespace brownout::ui {

CodeView::CodeView(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit);
    language_ = new QTabBar(this);
    language_->setObjectName(QStringLiteral("code_language"));
    language_->setAccessibleName(tr("Language"));
    language_->setDrawBase(false);
    language_->setExpanding(false);
    for (const QString& name : {tr("cURL"), tr("Python"), tr("JavaScript")})
        language_->addTab(name);
    target_ = new QComboBox(this);
    target_->setObjectName(QStringLiteral("code_target"));
    copy_ = new QPushButton(tr("Copy"), this);
    copy_->setObjectName(QStringLiteral("copy_code"));
    copy_->setAccessibleName(tr("Copy the code"));
    copy_->setIcon(icon(QStringLiteral("copy")));
    auto* row = new QHBoxLayout;
    row->setSpacing(gridUnit);
    row->addWidget(language_);
    row->addStretch(1);
    row->addWidget(captionFor(target_, tr("Direct to"), this));
    row->addWidget(target_);
    row->addWidget(copy_);
    column->addLayout(row);
    text_ = makeEditor(tr("Code"), "code", {}, this);
    text_->setReadOnly(true);
    text_->setProperty("mono", true);
    text_->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    text_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    column->addWidget(text_, 1);
    connect(language_, &QTabBar::currentChanged, this, &CodeView::show);
    connect(target_, &QComboBox::currentIndexChanged, this, &CodeView::show);
    connect(copy_, &QPushButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(code()); });
}

void CodeView::showChoices(std::vector<CodeChoice> choices, int first) {
    choices_ = std::move(choices);
    QStringList names, there;
    for (const CodeChoice& choice : choices_)
        names << choice.target;
    for (int i = 0; i < target_->count(); ++i)
        there << target_->itemText(i);
    const QSignalBlocker quiet(target_);
    if (names != there || first != first_) { // else the reader's choice stays
        target_->clear();
        target_->addItems(names);
        target_->setCurrentIndex(first);
        first_ = first;
    }
    show();
}

QString CodeView::code() const {
    return text_->toPlainText();
}

void CodeView::show() {
    const int at = target_->currentIndex();
    QString text;
    bool good = false;
    if (at >= 0 && at < static_cast<int>(choices_.size())) {
        const CodeChoice& choice = choices_[static_cast<std::size_t>(at)];
        good = choice.sample.has_value();
        text = good ? codeOf(static_cast<SampleLanguage>(language_->currentIndex()), *choice.sample)
                    : choice.why;
    }
    if (text_->toPlainText() != text)
        text_->setPlainText(text);
    copy_->setEnabled(good);
}

} // namespace brownout::ui
