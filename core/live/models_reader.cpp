#include "live/models_reader.h"

#include "wire/classified_end.h"

#include <algorithm>

namespace brownout::live {
namespace {

class ModelsReader final : public wire::ReplyReader {
  public:
    ModelsReader(const wire::Dialect& language, chain::Dialect dialect, std::string vendor,
                 const Secret* key)
        : language_(language),
          dialect_(dialect),
          vendor_(std::move(vendor)),
          key_(key ? *key : Secret{}) {}
    void head(int status, const wire::Headers& headers) override {
        status_ = status;
        headers_ = headers;
    }
    bool bytes(std::string_view bytes, const std::function<void(const wire::Delta&)>&) override {
        constexpr std::size_t enough = 64u << 10; // of an error; a models list may be longer
        if (status_ / 100 != 2)
            body_.append(bytes.substr(0, enough - std::min(enough, body_.size())));
        return true;
    }
    End end(wire::TransportEnd transport, bool request_sent, std::int64_t unix_now) override {
        if (transport == wire::TransportEnd::complete && language_.takes_key(status_, body_))
            return {};
        wire::ReplyFacts facts;
        facts.dialect = dialect_;
        facts.vendor = vendor_;
        facts.transport = transport;
        facts.status = status_;
        facts.headers = &headers_;
        facts.body = body_;
        facts.request_sent = request_sent;
        facts.unix_now = unix_now;
        facts.key = key_.reveal();
        return wire::classified_end(facts);
    }

  private:
    const wire::Dialect& language_;
    chain::Dialect dialect_;
    std::string vendor_;
    Secret key_;
    int status_ = 0;
    wire::Headers headers_;
    std::string body_;
};

} // namespace

std::unique_ptr<wire::ReplyReader>
models_reader(const wire::Dialect& language, const chain::Provider& provider, const Secret* key) {
    return std::make_unique<ModelsReader>(language, provider.dialect, provider.id, key);
}

} // namespace brownout::live
