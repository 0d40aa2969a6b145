// What real providers were paid lately, so that the caps of an hour and a day outlive the process
// that spent. One small SQLite file for everything that one user runs.
//
// Whose money it is. An entry belongs to a document and an upstream: the `name` inside the document
// and the provider's address. The file's name plays no part, so renaming, moving or copying a chain
// file evades no cap. Two documents share what was spent only if they have the same name and call
// the same upstream, as a copy would; other documents on the same account keep budgets of their
// own, because a cap is written in a document and holds for that document. Another name makes
// another document. Providers are told apart by id where two have one address; a provider that got
// a new id keeps what was spent at its address.
//
// What is not here: simulated providers. Their money is none, so neither the demo nor a rehearsal
// can use up a real cap. A rehearsal that calls real providers does spend, and is here.
//
// Thread: one at a time; a call may wait for the disk, and up to 2 s for another process that holds
// the file. Time is an argument: seconds since 1970, UTC.
// Durability: an entry that add() has taken survives the end of the process, SIGKILL included;
// losing power can lose the last seconds (write-ahead log, no fsync per commit).
// Size: entries of a process are summed per minute and provider, and minutes older than 25 h are
// dropped, so it holds at most 1,500 rows of about 150 bytes for each process and provider.
#pragma once

#include "base/money.h"
#include "base/result.h"

#include <map>
#include <memory>
#include <span>
#include <vector>

namespace SQLite {
class Database;
}

namespace brownout::record {

struct LedgerEntry {
    std::string document, upstream, provider; // name, upstream_of(base_url), id
    std::int64_t unix_s = 0;                  // entries that are read: when their minute ends
    Money cost;
};

class Ledger {
  public:
    static constexpr std::int64_t kept_s = 25 * 3600;

    // Makes the file and its folder where they are missing, for this user alone. The error is of
    // kind environment: no such place, not writable, locked, or no ledger.
    static Result<std::unique_ptr<Ledger>> open(const std::string& path);
    ~Ledger();

    // One transaction; on an error nothing of it is kept, and it may be given again.
    Result<void> add(std::span<const LedgerEntry> entries, std::int64_t now_unix_s);

    // All that was spent on a document since then, by any process.
    Result<std::vector<LedgerEntry>> read(const std::string& document, std::int64_t since_unix_s);
    // What other processes have added on that document since read() or the last news().
    Result<std::vector<LedgerEntry>> news();

  private:
    Ledger(std::unique_ptr<SQLite::Database> db, std::string path);
    std::vector<LedgerEntry> fetch(bool others_only, std::int64_t from_minute);

    std::unique_ptr<SQLite::Database> db_;
    std::string path_;
    std::int64_t writer_ = 0;                   // tells our rows from those of other processes
    std::int64_t looked_at_ = 0, pruned_s_ = 0; // the last change seen; when rows were dropped
    std::string watched_;                       // the document of read()
    std::map<std::int64_t, std::int64_t> seen_; // by row: how much of it has been told
};

// A base URL as the ledger compares it: "https://API.example.com/v1/" is the same upstream as
// "https://api.example.com/v1".
std::string upstream_of(const std::string& base_url);

} // namespace brownout::record
