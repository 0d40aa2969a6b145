#include "app/common/keychain_store.h"

#include <QEventLoop>
#include <QTimer>

#include <qt6keychain/keychain.h>

#include <algorithm>

namespace brownout::app {
namespace {

constexpr const char* key_service = "brownout";
constexpr const char* index_service = "brownout-index"; // never holds a key, only names
constexpr int job_limit_ms = 10'000;                    // a prompt that nobody answers

std::string explain(QKeychain::Error error, const std::string& name) {
    switch (error) {
    case QKeychain::EntryNotFound: // a locked keyring answers the same to a read
        return "no entry '" + name + "' in the keychain, or the keychain is locked";
    case QKeychain::AccessDenied:
    case QKeychain::AccessDeniedByUser:
        return "the keychain refused access to '" + name + "'; it may be locked";
    case QKeychain::NoBackendAvailable:
    case QKeychain::NotImplemented:
        return "there is no keychain service on this system";
    default:
        return "the keychain failed on '" + name + "' (error " +
               std::to_string(static_cast<int>(error)) + ")";
    }
}

constexpr const char* remedy =
    "Unlock the keychain, or use an environment variable (env:NAME) or a "
    "session key (session:NAME)";

// Runs a job to its end. The job is ours (no auto-delete), so a timeout leaves nothing behind.
QKeychain::Error run(QKeychain::Job& job) {
    job.setAutoDelete(false);
    job.setInsecureFallback(false); // no keychain means no keychain: never a plain file
    QEventLoop loop;
    QKeychain::Error error = QKeychain::OtherError;
    QObject::connect(&job, &QKeychain::Job::finished, &loop, [&](QKeychain::Job* done) {
        error = done->error();
        loop.quit();
    });
    QTimer::singleShot(job_limit_ms, &loop, &QEventLoop::quit);
    job.start();
    loop.exec();
    return error;
}

class SystemKeychain : public chain::Keychain {
  public:
    Result<Secret> read(const std::string& name) override { return read_from(key_service, name); }

    Result<void> write(const std::string& name, const Secret& value) override {
        if (auto done = write_to(key_service, name, value.reveal()); !done)
            return done;
        return change_index([&](std::vector<std::string>& names) {
            if (std::find(names.begin(), names.end(), name) == names.end())
                names.push_back(name);
        });
    }

    Result<void> remove(const std::string& name) override {
        QKeychain::DeletePasswordJob job(QString::fromLatin1(key_service));
        job.setKey(QString::fromStdString(name));
        if (const auto error = run(job); error != QKeychain::NoError) {
            return environment_error("keychain:" + name, explain(error, name), remedy);
        }
        return change_index([&](std::vector<std::string>& names) { std::erase(names, name); });
    }

    Result<std::vector<std::string>> names() {
        auto text = read_from(index_service, "names");
        std::vector<std::string> names;
        if (!text)
            return names; // nothing stored yet reads like a missing entry
        for (const QString& name :
             QString::fromUtf8(text->reveal().data(), static_cast<int>(text->reveal().size()))
                 .split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
            names.push_back(name.toStdString());
        }
        return names;
    }

    static QKeychain::Error probe() {
        QKeychain::ReadPasswordJob job(QString::fromLatin1(index_service));
        job.setKey(QStringLiteral("names"));
        return run(job);
    }

  private:
    static Result<Secret> read_from(const char* service, const std::string& name) {
        QKeychain::ReadPasswordJob job(QString::fromLatin1(service));
        job.setKey(QString::fromStdString(name));
        if (const auto error = run(job); error != QKeychain::NoError) {
            return environment_error("keychain:" + name, explain(error, name), remedy);
        }
        const QByteArray value = job.textData().toUtf8();
        return Secret{std::string_view{value.constData(), static_cast<std::size_t>(value.size())}};
    }

    static Result<void> write_to(const char* service, const std::string& name,
                                 std::string_view value) {
        QKeychain::WritePasswordJob job(QString::fromLatin1(service));
        job.setKey(QString::fromStdString(name));
        job.setTextData(QString::fromUtf8(value.data(), static_cast<int>(value.size())));
        if (const auto error = run(job); error != QKeychain::NoError) {
            return environment_error("keychain:" + name, explain(error, name), remedy);
        }
        return {};
    }

    Result<void> change_index(const std::function<void(std::vector<std::string>&)>& change) {
        auto list = names();
        if (!list)
            return fail(list.error());
        change(*list);
        std::sort(list->begin(), list->end());
        std::string text;
        for (const std::string& name : *list)
            text += name + "\n";
        return write_to(index_service, "names", text);
    }
};

} // namespace

std::unique_ptr<chain::Keychain> open_keychain(std::string* why) {
    const QKeychain::Error error = SystemKeychain::probe();
    if (error == QKeychain::NoError || error == QKeychain::EntryNotFound) {
        return std::make_unique<SystemKeychain>();
    }
    if (why) {
        *why = "No keychain can be reached (" + explain(error, "names") +
               "). Keys can come from environment variables (env:NAME) or be kept in memory for "
               "this session (session:NAME); they are never written to a file.";
    }
    return nullptr;
}

Result<std::vector<std::string>> stored_key_names(chain::Keychain& keychain) {
    return static_cast<SystemKeychain&>(keychain).names();
}

} // namespace brownout::app
