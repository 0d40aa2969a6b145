#include "live/spend_book.h"

#include <algorithm>

namespace brownout::live {

namespace {

constexpr std::chrono::milliseconds write_every{50}, look_on_disk_every{1000},
    try_again_after{1000};
constexpr std::int64_t minute_s = 60, day_s = 24 * 3600;

} // namespace

Result<std::unique_ptr<SpendBook>> SpendBook::open(const std::string& path, const Clock& clock,
                                                   std::function<void()> on_news) {
    auto ledger = record::Ledger::open(path);
    if (!ledger)
        return fail(ledger.error());
    return std::unique_ptr<SpendBook>(new SpendBook(std::move(*ledger), clock, std::move(on_news)));
}

SpendBook::SpendBook(std::unique_ptr<record::Ledger> ledger, const Clock& clock,
                     std::function<void()> on_news)
    : clock_(clock),
      ledger_(std::move(ledger)),
      on_news_(std::move(on_news)),
      thread_([this] { run(); }) {}

SpendBook::~SpendBook() {
    (void)close();
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void SpendBook::edited(const chain::Document& document) {
    document_ = document.name;
    upstreams_.clear();
    for (const chain::Provider& provider : document.providers)
        if (!provider.simulated())
            upstreams_[provider.id] = record::upstream_of(provider.base_url);
}

Result<void> SpendBook::begin(Driver& driver, const chain::Document& document) {
    edited(document);
    std::unique_lock lock(mutex_);
    news_.clear();
    // What is still on its way to the ledger is to be read from it.
    if (auto written = write(lock); !written)
        return written;
    watching_ = true;
    lock.unlock();
    const std::lock_guard use(ledger_mutex_);
    const auto before = ledger_->read(document_, clock_.unix_s() - day_s);
    if (!before)
        return fail(before.error());
    tell(driver, *before);
    return {};
}

void SpendBook::tell(Driver& driver, const std::vector<record::LedgerEntry>& entries) {
    for (const record::LedgerEntry& e : entries) {
        // By id where the id is still at that address, else by address: see record/ledger.h.
        auto found = upstreams_.find(e.provider);
        if (found == upstreams_.end() || found->second != e.upstream)
            found = std::find_if(upstreams_.begin(), upstreams_.end(),
                                 [&](const auto& u) { return u.second == e.upstream; });
        if (found != upstreams_.end() && e.document == document_)
            driver.add_spend(found->first, e.cost,
                             Instant{} + (std::chrono::seconds{e.unix_s} -
                                          std::chrono::nanoseconds{clock_.wall().unix_ns_at_zero}));
    }
}

std::vector<record::LedgerEntry> SpendBook::entries_of(const Sums& sums) {
    std::vector<record::LedgerEntry> entries;
    for (const auto& [key, cost] : sums)
        entries.push_back({key.first.document, key.first.upstream, key.first.provider,
                           key.second * minute_s, cost});
    return entries;
}

void SpendBook::catch_up(Driver& driver) {
    Sums news;
    {
        const std::lock_guard lock(mutex_);
        news.swap(news_);
    }
    tell(driver, entries_of(news));
}

void SpendBook::spent(const chain::Document& document, const record::AttemptRecord& a) {
    if (a.outcome.cost == Money{})
        return;
    const chain::Provider* provider = document.provider(a.provider);
    if (!provider || provider->simulated())
        return;
    Account account{document.name, record::upstream_of(provider->base_url), provider->id};
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = pending_.empty(); // else the thread knows already
        pending_[{std::move(account), clock_.unix_s(a.ended) / minute_s}] += a.outcome.cost;
    }
    if (first)
        wake_.notify_one();
}

std::string SpendBook::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

Result<void> SpendBook::close() {
    std::unique_lock lock(mutex_);
    return write(lock);
}

// Takes what is pending and gives it back where it could not be written. `lock` is open meanwhile.
Result<void> SpendBook::write(std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    const std::lock_guard use(ledger_mutex_); // first: who waits here finds the other's work done
    lock.lock();
    const auto taken = std::exchange(pending_, {});
    if (taken.empty())
        return {};
    lock.unlock();
    const auto entries = entries_of(taken);
    const std::int64_t now = clock_.unix_s();
    auto done = ledger_->add(entries, now);
    lock.lock();
    trouble_ = done ? std::string{} : done.error().text();
    if (!done)
        for (const auto& [key, cost] : taken)
            if (key.second * minute_s > now - record::Ledger::kept_s)
                pending_[key] += cost;
    return done;
}

void SpendBook::look(std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    const std::lock_guard use(ledger_mutex_);
    auto news = ledger_->news(); // an error shows when something is to be written
    lock.lock();
    if (!news || news->empty())
        return;
    for (const record::LedgerEntry& e : *news)
        news_[{{e.document, e.upstream, e.provider}, e.unix_s / minute_s}] += e.cost;
    const std::int64_t old = clock_.unix_s() - day_s; // counts for no cap any more
    std::erase_if(news_, [&](const auto& n) { return n.first.second * minute_s < old; });
    if (on_news_) {
        lock.unlock();
        on_news_();
        lock.lock();
    }
}

void SpendBook::run() {
    auto next_look = std::chrono::steady_clock::now() + look_on_disk_every;
    std::unique_lock lock(mutex_);
    while (!stop_) {
        wake_.wait_until(lock, next_look, [this] { return stop_ || !pending_.empty(); });
        if (stop_)
            return; // close() has written
        const bool written = write(lock).has_value();
        if (std::chrono::steady_clock::now() >= next_look) {
            if (watching_)
                look(lock);
            next_look = std::chrono::steady_clock::now() + look_on_disk_every;
        }
        wake_.wait_for(lock, written ? write_every : try_again_after, [this] { return stop_; });
    }
}

bool has_lasting_caps(const chain::Document& document) {
    return std::any_of(
        document.chains.begin(), document.chains.end(), [&](const chain::Chain& chain) {
            const bool real = std::any_of(
                chain.targets.begin(), chain.targets.end(), [&](const chain::Target& t) {
                    const chain::Provider* p = document.provider(t.provider);
                    return t.enabled && p && !p->simulated();
                });
            const auto budget = chain::effective_policy(document, chain).budget;
            if (!real || !budget)
                return false;
            const auto& by_provider = budget->per_provider_day;
            return budget->per_hour || budget->per_day ||
                   std::any_of(by_provider.begin(), by_provider.end(),
                               [](const auto& cap) { return cap.has_value(); });
        });
}

} // namespace brownout::live
