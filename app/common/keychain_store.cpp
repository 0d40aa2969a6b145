#include "app/common/keychain_store.h"

#include <QEventLoop>
#include <QTimer>

#include <qt6keychain/keychain.h>

#include <algorithm>
#include <memory>

namespace brownout::app {
namespace {

constexpr const char* key_service = "brownout";
constexpr const char* index_service = "brownout-index"; // never holds a key, only names
constexpr int read_limit_ms = 10'000;
constexpr int write_limit_ms = 120'000; // it may ask for a password first

std::string explain(QKeychain::Error error, const std::string& name) {
    switch (error) {
    case QKeychain::EntryNotFound: // a locked keyring answers the same to a read
        return "no entry '" + name + "' in the keychain, or the keychain is locked";
    case QKeychain::OtherError: // what a prompt that was cancelled gives
        return "the keychain gave no access; was its password prompt cancelled, or is there none?";
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

struct Answer {
    bool came = false;
    QKeychain::Error error = QKeychain::OtherError;
    Secret value; // of a read
};

// Waits for a job's answer. The job belongs to QtKeychain and deletes itself when its answer comes,
// even one that comes after we have given up: someone may take a minute to choose a password.
Answer run(QKeychain::Job* job, int limit_ms) {
    job->setInsecureFallback(false); // no keychain means no keychain: never a plain file
    const auto answer = std::make_shared<Answer>();
    QEventLoop loop;
    QObject::connect(job, &QKeychain::Job::finished, &loop, [&loop] { loop.quit(); });
    QObject::connect(job, &QKeychain::Job::finished, [answer](QKeychain::Job* done) {
        answer->came = true;
        answer->error = done->error();
        if (const auto* read = qobject_cast<QKeychain::ReadPasswordJob*>(done)) {
            const QByteArray text = read->textData().toUtf8();
            answer->value =
                Secret{std::string_view{text.constData(), static_cast<std::size_t>(text.size())}};
        }
    });
    QTimer::singleShot(limit_ms, &loop, &QEventLoop::quit);
    job->start();
    if (!answer->came)
        loop.exec(QEventLoop::ExcludeUserInputEvents); // no edit inside an edit
    return *answer;
}

Answer read_entry(const char* service, const std::string& name) {
    auto* job = new QKeychain::ReadPasswordJob(QString::fromLatin1(service));
    job->setKey(QString::fromStdString(name));
    return run(job, read_limit_ms);
}

tl::unexpected<Error> refused(const std::string& name, const Answer& answer) {
    return environment_error(
        "keychain:" + name,
        answer.came ? explain(answer.error, name) : "the keychain did not answer in time", remedy);
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
        auto* job = new QKeychain::DeletePasswordJob(QString::fromLatin1(key_service));
        job->setKey(QString::fromStdString(name));
        if (const Answer answer = run(job, write_limit_ms); answer.error != QKeychain::NoError)
            return refused(name, answer);
        return change_index([&](std::vector<std::string>& names) { std::erase(names, name); });
    }

    Result<std::vector<std::string>> names() override {
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

    static Answer probe() { return read_entry(index_service, "names"); }

  private:
    static Result<Secret> read_from(const char* service, const std::string& name) {
        const Answer answer = read_entry(service, name);
        if (answer.error != QKeychain::NoError)
            return refused(name, answer);
        return answer.value;
    }

    static Result<void> write_to(const char* service, const std::string& name,
                                 std::string_view value) {
        auto* job = new QKeychain::WritePasswordJob(QString::fromLatin1(service));
        job->setKey(QString::fromStdString(name));
        job->setTextData(QString::fromUtf8(value.data(), static_cast<int>(value.size())));
        if (const Answer answer = run(job, write_limit_ms); answer.error != QKeychain::NoError)
            return refused(name, answer);
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
    const Answer answer = SystemKeychain::probe();
    const QKeychain::Error error = answer.error;
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

} // namespace brownout::app
