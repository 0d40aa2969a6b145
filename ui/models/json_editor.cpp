#include "ui/models/json_editor.h"

#include "chain/key_shapes.h"

#include <QCryptographicHash>
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>

namespace brownout::ui {

namespace {

constexpr const char* recoveryFormat = "brownout.recovery/1";

QString errorText(const Error& error) {
    return QString::fromStdString(error.text());
}

QString firstError(const std::vector<chain::Problem>& problems) {
    for (const auto& problem : problems)
        if (problem.severity == chain::Problem::Severity::error)
            return QString::fromStdString(problem.text());
    return {};
}

// A key that was pasted where none belongs: text that the file does not have at the same place.
bool bringsKey(const chain::Json& now, const chain::Json* saved) {
    if (saved && now == *saved)
        return false;
    if (now.is_string())
        return chain::may_hold_key(now.get_ref<const std::string&>());
    if (now.is_array()) {
        for (std::size_t i = 0; i < now.size(); ++i)
            if (bringsKey(now[i],
                          saved && saved->is_array() && i < saved->size() ? &(*saved)[i] : nullptr))
                return true;
        return false;
    }
    if (!now.is_object())
        return false;
    for (auto it = now.begin(); it != now.end(); ++it) {
        const bool had = saved && saved->is_object() && saved->contains(it.key());
        if ((!had && chain::may_hold_key(it.key())) ||
            bringsKey(it.value(), had ? &(*saved)[it.key()] : nullptr))
            return true;
    }
    return false;
}

// The edited document in a recovery file, when there is one for `path`.
std::optional<chain::Json> readRecovery(const QString& file, const QString& path) {
    if (!QFile::exists(file))
        return std::nullopt;
    const auto bytes = chain::read_file(file.toStdString());
    if (!bytes)
        return std::nullopt;
    auto json = chain::parse_json(*bytes, file.toStdString());
    if (!json || !json->is_object() || json->value("format", "") != recoveryFormat ||
        json->value("path", "") != path.toStdString() || !json->contains("document"))
        return std::nullopt;
    return std::move((*json)["document"]);
}

} // namespace

class JsonEditor::EditCommand : public QUndoCommand {
  public:
    EditCommand(JsonEditor& editor, const QString& what, chain::Json after, QString mergeKey)
        : QUndoCommand(what),
          editor_(editor),
          before_(editor.json_),
          after_(std::move(after)),
          mergeKey_(std::move(mergeKey)),
          at_(QDateTime::currentMSecsSinceEpoch()) {}

    void undo() override { editor_.setJson(before_); }
    void redo() override { editor_.setJson(after_); }
    int id() const override { return mergeKey_.isEmpty() ? -1 : 1; }
    bool mergeWith(const QUndoCommand* next) override {
        const auto& other = static_cast<const EditCommand&>(*next);
        if (other.mergeKey_ != mergeKey_ || other.at_ - at_ > mergeWithin)
            return false;
        after_ = other.after_;
        at_ = other.at_;
        setObsolete(before_ == after_); // turned back to where it began
        return true;
    }

  private:
    JsonEditor& editor_;
    chain::Json before_, after_;
    QString mergeKey_;
    qint64 at_;
};

JsonEditor::JsonEditor(QString recoveryDir, QString recoverySuffix, QObject* parent)
    : QObject(parent),
      recoveryDir_(std::move(recoveryDir)),
      recoverySuffix_(std::move(recoverySuffix)) {
    undo_.setUndoLimit(undoLimit);
    connect(&undo_, &QUndoStack::cleanChanged, this, &JsonEditor::saveStateChanged);
}

JsonEditor::~JsonEditor() {
    undo_.disconnect(this); // clearing the stack must not report to a half-destroyed object
}

bool JsonEditor::open(const QString& path, QString* error, bool* recovered) {
    if (recovered)
        *recovered = false;
    const QString absolute = QFileInfo(path).absoluteFilePath();
    const std::string file = absolute.toStdString();
    const auto refuse = [&](const QString& why) {
        if (error)
            *error = why;
        return false;
    };
    const auto bytes = chain::read_file(file);
    if (!bytes)
        return refuse(errorText(bytes.error()));
    auto json = chain::parse_json(*bytes, file);
    if (!json)
        return refuse(errorText(json.error()));
    Reading reading = read(*json, file);
    if (!reading.ok && !opensInvalid())
        return refuse(firstError(reading.problems));
    path_ = absolute;
    name_ = QFileInfo(absolute).fileName();
    replaceDocument(std::move(*json), std::move(reading));
    restoreEdits(recovered);
    Q_EMIT saveStateChanged();
    return true;
}

void JsonEditor::replaceByUnsaved(chain::Json json, const QString& name) {
    Reading reading = read(json, name.toStdString());
    path_.clear();
    name_ = name;
    replaceDocument(std::move(json), std::move(reading));
}

void JsonEditor::openUnsaved(chain::Json json, const QString& name, bool* recovered) {
    if (recovered)
        *recovered = false;
    replaceByUnsaved(std::move(json), name);
    restoreEdits(recovered);
    Q_EMIT saveStateChanged();
}

void JsonEditor::openFresh(chain::Json json, const QString& name) {
    replaceByUnsaved(std::move(json), name);
    removeRecovery();
    Q_EMIT saveStateChanged();
}

void JsonEditor::replaceDocument(chain::Json json, Reading reading) {
    Q_EMIT opening();
    undo_.clear();
    saved_ = json;
    json_ = std::move(json);
    if (reading.ok)
        reading.adopt();
    else
        forget();
    problems_ = std::move(reading.problems);
    valid_ = reading.ok; // before anyone is told: what is not valid goes nowhere
    ++revision_;
    refreshed();
    Q_EMIT changed();
}

void JsonEditor::restoreEdits(bool* recovered) {
    auto edited = readRecovery(recoveryPath(), path_);
    if (!edited || *edited == json_)
        return;
    edit(tr("Restore unsaved edits"), std::move(*edited));
    if (recovered)
        *recovered = true;
}

void JsonEditor::edit(const QString& what, chain::Json next, const QString& mergeKey) {
    if (next == json_)
        return;
    undo_.push(new EditCommand(*this, what, std::move(next), mergeKey));
}

void JsonEditor::setJson(chain::Json json) {
    json_ = std::move(json);
    const QString shown = path_.isEmpty() ? name_ : path_;
    Reading reading = read(json_, shown.toStdString());
    problems_ = std::move(reading.problems);
    valid_ = reading.ok;
    if (reading.ok)
        reading.adopt();
    ++revision_;
    keepRecovery();
    refreshed();
    Q_EMIT changed();
}

bool JsonEditor::save(QString* error) {
    if (path_.isEmpty()) {
        if (error)
            *error = tr("This document has no file yet. Choose one with Save as.");
        return false;
    }
    return saveAs(path_, error);
}

bool JsonEditor::saveAs(const QString& path, QString* error) {
    settle();
    if (!valid_) {
        if (error)
            *error = tr("Not saved, because no program would open it: %1. Your edits are kept and "
                        "come back after a restart.")
                         .arg(firstError(problems_));
        return false;
    }
    const QString absolute = QFileInfo(path).absoluteFilePath();
    const auto written =
        chain::write_file_atomically(absolute.toStdString(), chain::pretty_json(json_));
    if (!written) {
        if (error)
            *error = errorText(written.error());
        return false;
    }
    removeRecovery(); // of the name that it had
    path_ = absolute;
    name_ = QFileInfo(absolute).fileName();
    removeRecovery(); // an old one of the new name
    saved_ = json_;
    undo_.setClean();
    Q_EMIT saveStateChanged();
    return true;
}

QString JsonEditor::recoveryPath() const {
    // The demo and every other document without a file are told apart by name.
    const QString identity = path_.isEmpty() ? QStringLiteral("unsaved:") + name_ : path_;
    const QByteArray hash =
        QCryptographicHash::hash(identity.toUtf8(), QCryptographicHash::Sha256).toHex().left(24);
    return QDir(recoveryDir_).filePath(QString::fromLatin1(hash) + recoverySuffix_);
}

void JsonEditor::keepRecovery() {
    // A key goes into no file, and this one nobody asked for. What it held before goes as well: it
    // is older than the edits, and would come back without them.
    const bool withKey = bringsKey(json_, &saved_);
    if (json_ == saved_ || withKey) {
        removeRecovery();
        if (withKey && recoveryWorks_)
            Q_EMIT recoveryFailed(tr("the document seems to hold a key"));
        recoveryWorks_ = !withKey;
        return;
    }
    if (!QDir().exists(recoveryDir_) && QDir().mkpath(recoveryDir_))
        QFile::setPermissions(recoveryDir_, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    chain::Json recovery = {{"format", recoveryFormat}, {"path", path_.toStdString()}};
    recovery["name"] = name_.toStdString();
    recovery["document"] = json_;
    const auto written =
        chain::write_file_atomically(recoveryPath().toStdString(), chain::pretty_json(recovery));
    // Said once, not at every key stroke.
    if (!written && recoveryWorks_)
        Q_EMIT recoveryFailed(errorText(written.error()));
    recoveryWorks_ = written.has_value();
}

void JsonEditor::removeRecovery() {
    QFile::remove(recoveryPath());
}

bool JsonEditor::openNewestRecovery(const chain::Json& blank) {
    const auto files =
        QDir(recoveryDir_)
            .entryInfoList({QLatin1Char('*') + recoverySuffix_}, QDir::Files, QDir::Time);
    for (const QFileInfo& file : files.mid(0, 20)) {
        const auto bytes = chain::read_file(file.filePath().toStdString());
        const auto json = bytes ? chain::parse_json(*bytes, file.fileName().toStdString())
                                : Result<chain::Json>(tl::unexpected(bytes.error()));
        if (!json || !json->is_object() || json->value("format", "") != recoveryFormat)
            continue;
        const QString path = QString::fromStdString(json->value("path", ""));
        bool recovered = false;
        if (!path.isEmpty() && !open(path, nullptr, &recovered))
            continue; // its file is gone
        if (path.isEmpty())
            openUnsaved(blank, QString::fromStdString(json->value("name", "")), &recovered);
        if (recovered)
            return true;
    }
    return false;
}

} // namespace brownout::ui
