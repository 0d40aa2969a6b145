// An open JSON document that the user edits: its undo history, what is wrong with it, and where it
// is kept. Every edit is a whole document, so undo is exact and a crash loses nothing: each change
// is written to a recovery file, atomically, before the next event is handled. What a document
// means is its kind's business: a chain (DocumentEditor), a scenario (ScenarioEditor).
//
// Thread: the window's.
#pragma once

#include "chain/json.h"
#include "chain/problem.h"

#include <QObject>
#include <QString>
#include <QUndoStack>

#include <functional>

namespace brownout::ui {

class JsonEditor : public QObject {
    Q_OBJECT
  public:
    ~JsonEditor() override;

    // False: `error` says why (place, what, remedy) and the open document stays. An unsaved edit
    // that a crash left behind is restored on top, undoable; `recovered` tells so.
    bool open(const QString& path, QString* error, bool* recovered = nullptr);
    // A document without a file yet: the demo, or a new one.
    void openUnsaved(chain::Json json, const QString& name, bool* recovered = nullptr);
    // The same without the edits that an earlier one of this name left behind: they are removed.
    void openFresh(chain::Json json, const QString& name);

    const chain::Json& json() const { return json_; }
    // As it was opened or last saved: what a comparison with the file is made against.
    const chain::Json& savedJson() const { return saved_; }
    const std::vector<chain::Problem>& problems() const { return problems_; } // errors and lint
    bool isValid() const { return valid_; }
    quint64 revision() const { return revision_; } // grows with every change
    QString path() const { return path_; }         // empty: never saved
    QString name() const { return name_; }         // of the file, or of what has none yet
    bool isModified() const { return !undo_.isClean(); }
    QUndoStack& undoStack() { return undo_; }

    // One undoable edit; nothing happens when `next` equals what is there. Edits that share a
    // non-empty `mergeKey` and follow each other closely (a spin box being turned) are undone at
    // once.
    void edit(const QString& what, chain::Json next, const QString& mergeKey = {});

    // An invalid document is not saved (no program would open it again); its edits stay in the
    // recovery file.
    bool save(QString* error);
    bool saveAs(const QString& path, QString* error);

    // What is being typed somewhere and held back comes in now. saveAs() begins with it; whoever
    // is about to read, replace or change the whole document asks for it first.
    void settle() { Q_EMIT settling(); }

    static constexpr int undoLimit = 500;       // edits
    static constexpr qint64 mergeWithin = 1500; // ms between edits that are undone at once

  Q_SIGNALS:
    void opening();          // another document is about to be there
    void settling();         // fields commit what they hold back
    void changed();          // json, problems, maybe what was read
    void saveStateChanged(); // modified or saved, or another path
    // The recovery file cannot be written: a crash would lose the edits made since the last save.
    void recoveryFailed(const QString& why);

  protected:
    // `recoveryDir` holds one recovery file per document that has unsaved edits; their names end in
    // `recoverySuffix`, another one for each kind of document.
    JsonEditor(QString recoveryDir, QString recoverySuffix, QObject* parent);

    struct Reading {
        std::vector<chain::Problem> problems;
        bool ok = false;
        std::function<void()> adopt; // where ok: makes what was read the newest valid reading
    };
    virtual Reading read(const chain::Json& json, const std::string& file) = 0;
    virtual void forget() = 0;  // another document, which is not valid: there is no reading
    virtual void refreshed() {} // before changed(): what follows from json and reading
    virtual bool opensInvalid() const { return false; } // to be repaired in the window
    // The newest recovery file of this kind, as one of no file or of its file: false when none.
    bool openNewestRecovery(const chain::Json& blank);

  private:
    class EditCommand;
    void replaceByUnsaved(chain::Json json, const QString& name);
    void setJson(chain::Json json);
    void replaceDocument(chain::Json json, Reading reading);
    void restoreEdits(bool* recovered);
    void keepRecovery();
    void removeRecovery();
    QString recoveryPath() const;

    QString recoveryDir_, recoverySuffix_, path_, name_;
    chain::Json json_, saved_;
    std::vector<chain::Problem> problems_;
    bool valid_ = false, recoveryWorks_ = true;
    quint64 revision_ = 0;
    QUndoStack undo_;
};

} // namespace brownout::ui
