// The Chains page on a real session, as its tests handle it.
#pragma once

#include <QFloat16> // JSON asks of every type that a test compares whether it is complete

#include "ui/demo_session.h"

#include "ui/models/chain_edits.h"
#include "ui/models/row_list.h"
#include "ui/pages/chains/chain_flow.h"
#include "ui/pages/chains/chains_page.h"
#include "ui/pages/chains/key_editor.h"
#include "ui/widgets/json_field.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QDirIterator>
#include <QDropEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QScrollArea>
#include <QTcpServer>
#include <QTcpSocket>
#include <QToolButton>

namespace brownout::ui {

struct World {
    DemoSession demo;
    ChainsPage page{demo.session};
    World() {
        page.resize(1366, 768);
        page.show();
    }
    DocumentEditor& editor() { return demo.session.editor(); }
    void keep(const char* name) { // once the layout has settled
        QTest::qWait(60);
        keepPicture(page, QString::fromLatin1(name));
    }
    QStringList order() {
        QStringList out;
        for (const auto& target : editor().json()["chains"][0]["targets"])
            out << QString::fromStdString(target["provider"].get<std::string>());
        return out;
    }
    ChainFlow& flow() { return *child<ChainFlow>(page, "chain_flow"); }
    void click(const char* name) { child<QAbstractButton>(page, name)->click(); }
    // As a user does it: Add provider, a few letters, Enter.
    void addPreset(const QString& typed) {
        click("add_provider");
        auto* input = child<QLineEdit>(page, "preset_filter");
        QTest::keyClicks(input, typed);
        QTest::keyClick(input, Qt::Key_Return);
    }
    void showProvider(int row) {
        auto* list = child<QListView>(page, "provider_list");
        Q_EMIT list->clicked(list->model()->index(row, 0));
    }
    void type(const char* field, const QString& text) {
        auto* edit = child<QLineEdit>(page, field);
        edit->setFocus();
        edit->selectAll();
        QTest::keyClicks(edit, text);
        QTest::keyClick(edit, Qt::Key_Return);
    }
    void drop(int from, int slot) {
        QMimeData mime;
        mime.setData(TargetCard::mimeType, QByteArray::number(from));
        const int y =
            slot >= flow().count() ? flow().height() - 1 : flow().card(slot)->geometry().top() + 1;
        QDragEnterEvent enter({20, y}, Qt::MoveAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&flow(), &enter);
        QDragMoveEvent move({20, y}, Qt::MoveAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&flow(), &move);
        QDropEvent event(QPointF(20, y), Qt::MoveAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&flow(), &event);
    }
};

} // namespace brownout::ui
