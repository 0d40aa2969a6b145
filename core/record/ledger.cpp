#include "record/ledger.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace brownout::record {

namespace {

constexpr int busy_ms = 2000;
constexpr int layout = 1; // PRAGMA user_version
constexpr std::int64_t minute_s = 60, prune_every_s = 600;
constexpr const char* tables = R"(
CREATE TABLE IF NOT EXISTS spend(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  document TEXT NOT NULL, upstream TEXT NOT NULL, provider TEXT NOT NULL,
  minute INTEGER NOT NULL, writer INTEGER NOT NULL,
  pico_usd INTEGER NOT NULL, change INTEGER NOT NULL,
  UNIQUE(document, minute, upstream, provider, writer));
CREATE INDEX IF NOT EXISTS spend_by_change ON spend(document, change);
CREATE INDEX IF NOT EXISTS spend_by_minute ON spend(minute);
CREATE TABLE IF NOT EXISTS changes(n INTEGER NOT NULL);
INSERT INTO changes SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM changes);
PRAGMA user_version = 1;)";

// SQLite makes its files as the umask says; who reads this one learns which providers are used.
Result<void> make_private(const std::string& path) {
    std::error_code error;
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    if (!folder.empty() && !std::filesystem::exists(folder, error)) {
        std::filesystem::create_directories(folder, error);
        if (!error)
            std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    }
    const int file = error ? -1 : ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return environment_error(
            path,
            "the spend ledger cannot be opened: " +
                (error ? error.message() : std::generic_category().message(errno)),
            "Make it writable, or name another place in BROWNOUT_LEDGER");
    ::close(file);
    return {};
}

tl::unexpected<Error> refused(const std::string& path, const SQLite::Exception& e) {
    const char* remedy = "See whether the disk is full or the file cannot be written";
    if (e.getErrorCode() == SQLITE_BUSY)
        remedy = "Another process holds it; try again when that has ended";
    if (e.getErrorCode() == SQLITE_CORRUPT || e.getErrorCode() == SQLITE_NOTADB)
        remedy = "Move the file away to begin a new one; what was spent before is then forgotten";
    return environment_error(path, std::string{"the spend ledger: "} + e.what(), remedy);
}

// It stays as it is set once. Where two processes make the file at once, one of them may set it.
void set_journal(SQLite::Database& db) {
    try {
        db.exec("PRAGMA journal_mode=WAL");
    } catch (const SQLite::Exception& e) {
        if (e.getErrorCode() != SQLITE_BUSY)
            throw;
    }
}

// Runs what may throw.
template <class F>
auto guarded(const std::string& path, F&& body) -> Result<decltype(body())> {
    try {
        if constexpr (std::is_void_v<decltype(body())>) {
            body();
            return {};
        } else {
            return body();
        }
    } catch (const SQLite::Exception& e) {
        return refused(path, e);
    } catch (const std::exception& e) {
        return environment_error(path, std::string{"the spend ledger: "} + e.what());
    }
}

} // namespace

Ledger::Ledger(std::unique_ptr<SQLite::Database> db, std::string path)
    : db_(std::move(db)), path_(std::move(path)) {}

Ledger::~Ledger() = default;

Result<std::unique_ptr<Ledger>> Ledger::open(const std::string& path) {
    if (auto made = make_private(path); !made)
        return fail(made.error());
    return guarded(path, [&] {
        auto db = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE, busy_ms);
        set_journal(*db);
        db->exec("PRAGMA synchronous=NORMAL");
        const int found = db->execAndGet("PRAGMA user_version").getInt();
        if (found > layout)
            throw std::runtime_error("it was written by a newer version");
        if (found < layout) {
            SQLite::Transaction all(*db, SQLite::TransactionBehavior::IMMEDIATE);
            db->exec(tables);
            all.commit();
        }
        std::unique_ptr<Ledger> ledger(new Ledger(std::move(db), path));
        ledger->writer_ = ledger->db_->execAndGet("SELECT random()").getInt64();
        return ledger;
    });
}

Result<void> Ledger::add(std::span<const LedgerEntry> entries, std::int64_t now_unix_s) {
    return guarded(path_, [&] {
        SQLite::Transaction all(*db_, SQLite::TransactionBehavior::IMMEDIATE);
        db_->exec("UPDATE changes SET n = n + 1");
        SQLite::Statement put(
            *db_, "INSERT INTO spend(document, upstream, provider, minute, writer, pico_usd, "
                  "change) VALUES(?,?,?,?,?,?,(SELECT n FROM changes)) ON CONFLICT DO UPDATE SET "
                  "pico_usd = pico_usd + excluded.pico_usd, change = excluded.change");
        for (const LedgerEntry& e : entries) {
            put.bind(1, e.document);
            put.bind(2, e.upstream);
            put.bind(3, e.provider);
            put.bind(4, e.unix_s / minute_s);
            put.bind(5, writer_);
            put.bind(6, e.cost.pico_usd);
            put.exec();
            put.reset();
        }
        if (now_unix_s - pruned_s_ >= prune_every_s) {
            SQLite::Statement drop(*db_, "DELETE FROM spend WHERE minute < ?");
            drop.bind(1, (now_unix_s - kept_s) / minute_s);
            drop.exec();
            pruned_s_ = now_unix_s;
        }
        all.commit();
    });
}

Result<std::vector<LedgerEntry>> Ledger::read(const std::string& document,
                                              std::int64_t since_unix_s) {
    return guarded(path_, [&] {
        watched_ = document;
        seen_.clear();
        looked_at_ = -1;
        return fetch(false, since_unix_s / minute_s);
    });
}

Result<std::vector<LedgerEntry>> Ledger::news() {
    return guarded(path_, [&] { return fetch(true, 0); });
}

std::vector<LedgerEntry> Ledger::fetch(bool others_only, std::int64_t from_minute) {
    SQLite::Statement rows(*db_, "SELECT id, upstream, provider, minute, writer, pico_usd, change "
                                 "FROM spend WHERE document = ? AND change > ? AND minute >= ?");
    rows.bind(1, watched_);
    rows.bind(2, looked_at_);
    rows.bind(3, from_minute);
    std::vector<LedgerEntry> out;
    while (rows.executeStep()) {
        looked_at_ = std::max(looked_at_, rows.getColumn(6).getInt64());
        if (others_only && rows.getColumn(4).getInt64() == writer_)
            continue;
        const std::int64_t pico = rows.getColumn(5).getInt64();
        std::int64_t& told = seen_[rows.getColumn(0).getInt64()];
        if (pico != told)
            out.push_back({watched_, rows.getColumn(1).getString(), rows.getColumn(2).getString(),
                           (rows.getColumn(3).getInt64() + 1) * minute_s, Money{pico - told}});
        told = pico;
    }
    // Rows are numbered upwards and dropped after a day: what has been told of the oldest ones is
    // not asked again.
    constexpr std::size_t most_seen = 200'000;
    while (seen_.size() > most_seen)
        seen_.erase(seen_.begin());
    return out;
}

std::string upstream_of(const std::string& base_url) {
    std::string out = base_url;
    while (out.size() > 1 && out.back() == '/')
        out.pop_back();
    const std::size_t host = out.find("://");
    const std::size_t path = out.find('/', host == std::string::npos ? 0 : host + 3);
    std::transform(out.begin(),
                   out.begin() + static_cast<std::ptrdiff_t>(std::min(path, out.size())),
                   out.begin(), [](unsigned char c) {
                       return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
                   });
    return out;
}

} // namespace brownout::record
