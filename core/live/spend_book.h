// Between the drivers of a process and the ledger (record/ledger.h): notes what real providers were
// paid, writes it from a thread of its own, and tells a driver what earlier runs and other
// processes have spent on its document.
//
// When it is written: at once after a quiet moment, else at most 50 ms later; so a process that is
// killed forgets at most what ended in its last 50 ms, and what was in flight. Other processes hear
// of it within a second, so that processes which spend at the same time can together pass a cap by
// what they spend in that second.
//
// When the ledger cannot be written, traffic goes on and the caps hold within this process; what
// could not be written is kept and tried again each second, and trouble() says so.
//
// Of rehearsals: what they simulate costs nothing and is not noted. What they call for real is
// noted and counts against the caps of real traffic; but a rehearsal itself begins with nothing
// spent, so that it can be repeated: it has a spending limit of its own.
//
// Thread: spent() and trouble() from any; the rest from the loop of the drivers. Only begin() and
// close() wait for the disk.
#pragma once

#include "live/driver.h"
#include "record/ledger.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace brownout::live {

class SpendBook {
  public:
    // `clock` as of the drivers. `on_news`: other processes have spent, catch_up() tells a driver;
    // called from the book's own thread, which must not wait there.
    static Result<std::unique_ptr<SpendBook>> open(const std::string& path, const Clock& clock,
                                                   std::function<void()> on_news = {});
    ~SpendBook(); // writes what is left

    // Tells a new driver what was spent on its document before; it has spent nothing itself.
    Result<void> begin(Driver& driver, const chain::Document& document);
    // The document was edited; its driver has adopted the spend of the one before.
    void edited(const chain::Document& document);
    // What other processes spent since the last time, for the driver of that document.
    void catch_up(Driver& driver);

    // An attempt has ended. `document` as its driver plays it: what a scenario simulates is not
    // noted. Takes about a microsecond.
    void spent(const chain::Document& document, const record::AttemptRecord& a);
    // Writes what is left now; the error when it could not be written.
    Result<void> close();
    // Why what was spent is not in the ledger at this moment; empty: it is.
    std::string trouble() const;

  private:
    SpendBook(std::unique_ptr<record::Ledger> ledger, const Clock& clock,
              std::function<void()> on_news);
    struct Account { // whose money it is
        std::string document, upstream, provider;
        friend auto operator<=>(const Account&, const Account&) = default;
    };
    void run();
    Result<void> write(std::unique_lock<std::mutex>& lock);
    void look(std::unique_lock<std::mutex>& lock);
    using Sums = std::map<std::pair<Account, std::int64_t>, Money>; // by account and minute
    static std::vector<record::LedgerEntry> entries_of(const Sums& sums);
    void tell(Driver& driver, const std::vector<record::LedgerEntry>& entries);

    const Clock& clock_;
    std::map<std::string, std::string, std::less<>> upstreams_; // by provider id, of `document_`
    std::string document_;

    std::mutex ledger_mutex_; // the ledger is used by one thread at a time
    std::unique_ptr<record::Ledger> ledger_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    Sums pending_, news_; // the latter of a day at most
    const std::function<void()> on_news_;
    std::string trouble_;
    bool stop_ = false, watching_ = false;
    std::thread thread_;
};

// Notes what the attempts and checks of a driver cost. What it points at must outlive the driver.
class Booking : public DriverObserver {
  public:
    SpendBook* book = nullptr;                 // null: nothing is noted
    const chain::Document* document = nullptr; // as the driver plays it
    void on_attempt_finished(const record::RequestRecord&,
                             const record::AttemptRecord& a) override {
        note(a);
    }
    void on_check(const record::AttemptRecord& a) override { note(a); }

  private:
    void note(const record::AttemptRecord& a) {
        if (book)
            book->spent(*document, a);
    }
};

// Does a cap of the hour, the day or a provider's day hold for a provider that is called for real?
// Then a driver without a ledger cannot keep what the document promises.
bool has_lasting_caps(const chain::Document& document);

} // namespace brownout::live
