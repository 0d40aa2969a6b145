// What the window knows of alerts: those that are raised and those that are over, until the user
// clears the list; and a word to the desktop when one is raised and when it is over, each once.
// Thread: the window's.
#pragma once

#include "ui/shell/session.h"

namespace brownout::ui {

class AlertCenter : public QObject {
    Q_OBJECT
  public:
    explicit AlertCenter(Session& session, QObject* parent = nullptr);

    // How a word reaches the desktop; null: nobody is told. `urgent`: something is wrong.
    using Notify = std::function<void(const QString& title, const QString& text, bool urgent)>;
    void setNotify(Notify notify) { notify_ = std::move(notify); }
    bool desktopOn() const { return desktopOn_; }
    void setDesktopOn(bool on) { desktopOn_ = on; }

    struct Row {
        quint64 id = 0;
        bool over = false;
        QString text; // "21:43:05  openai: 40 % of attempts failed ..."
    };
    const std::vector<Row>& rows() const { return rows_; } // newest first
    int raised() const;                                    // of the rows
    // Forgets what is listed. What is still raised is told of again only when it is raised anew.
    void clear();

  Q_SIGNALS:
    void changed();

  private:
    void onSnapshot();
    void tell(const std::vector<record::AlertRecord>& alerts);
    void build();

    Session& session_;
    Notify notify_;
    bool desktopOn_ = true;
    std::shared_ptr<const std::vector<record::AlertRecord>> seen_;
    std::set<quint64> raised_; // of seen_
    quint64 last_ = 0, cleared_ = 0;
    std::vector<Row> rows_;
};

} // namespace brownout::ui
