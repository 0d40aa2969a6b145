#include "ui/shell/session.h"

#include "chain/evidence.h"
#include "ui/models/traffic_cost.h"

#include <algorithm>

namespace brownout::ui {

namespace {
constexpr int pullEveryMs = 33;

// The worker says "env:OPENAI_API_KEY is missing" of any provider: in words of the window, and only
// of providers that a chain uses. Anything else stays as it is.
std::string noticeText(const chain::Document& document, const std::string& notice) {
    bool ofKey = false;
    for (const auto& provider : document.providers) {
        if (provider.keys.empty() || notice != provider.keys.front().text() + " is missing")
            continue;
        ofKey = true;
        for (const auto& chain : document.chains)
            for (const auto& target : chain.targets)
                if (target.provider == provider.id)
                    return Session::tr("%1 has no key yet (%2).")
                        .arg(Session::displayName(QString::fromStdString(provider.id)),
                             QString::fromStdString(provider.keys.front().text()))
                        .toStdString();
    }
    return ofKey ? std::string() : notice;
}
} // namespace

Session::Session(chain::KeyStore& keys, live::WorkerOptions options, const QString& recoveryDir,
                 QObject* parent)
    : QObject(parent),
      keys_(keys),
      editor_(recoveryDir),
      scenario_(recoveryDir),
      forecast_(recoveryDir),
      worker_(std::make_unique<live::Worker>(std::move(options))),
      snapshot_(worker_->snapshot()),
      reportsDir_(recoveryDir + QStringLiteral("/reports")) {
    connect(&editor_, &DocumentEditor::changed, this, [this] {
        if (!editor_.isValid())
            return; // new requests keep the newest valid document
        const QString before = chainId_;
        chainId_ = chainId();
        scenario_.setChain(editor_.document());
        // An edit that puts a real provider under running traffic must not spend money unasked.
        const auto& traffic = snapshot_->traffic;
        const QString busy = QString::fromStdString(traffic.chain);
        if (traffic.running && busy != confirmedChain_ &&
            !chainIsSimulated(editor_.document(), busy)) {
            post(live::SetTraffic{traffic.chain, 0});
            Q_EMIT notice(tr("Traffic is off: the chain now reaches real providers. Switch it on "
                             "again on the Live page if that is what you want."),
                          false);
        }
        loadIntoWorker();
        if (chainId_ != before)
            Q_EMIT chainChanged();
    });
    timer_.setInterval(pullEveryMs);
    connect(&timer_, &QTimer::timeout, this, &Session::pull);
    timer_.start();
}

Session::~Session() = default;

QString Session::chainId() const {
    const auto& document = editor_.document();
    if (document.chain(chainId_.toStdString()))
        return chainId_;
    return document.chains.empty() ? QString() : QString::fromStdString(document.chains.front().id);
}

void Session::setChainId(const QString& id) {
    if (id == chainId_ || !editor_.document().chain(id.toStdString()))
        return;
    const live::TrafficView traffic = snapshot_->traffic;
    chainId_ = id;
    // The switch belongs to the shown chain: steady traffic moves with it, but never onto real
    // providers by itself.
    if (traffic.running)
        setTraffic(chainIsSimulated(editor_.document(), id) ? traffic.requests_per_s : 0);
    Q_EMIT chainChanged();
}

void Session::post(live::Command command) {
    if (!worker_->post(std::move(command)))
        Q_EMIT notice(tr("Too much is waiting to be carried out. Try again in a moment."), true);
}

void Session::breakProvider(const QString& provider, const faults::Fault& fault,
                            std::optional<double> for_s) {
    faults::Rule rule;
    rule.target = provider.toStdString();
    rule.fault = fault;
    rule.when.for_s = for_s;
    post(live::Inject{std::move(rule)});
}

void Session::restoreProvider(const QString& provider) {
    post(live::Restore{provider.toStdString()});
}

void Session::revertAll() {
    post(live::RevertAll{});
}

void Session::setTraffic(double requestsPerSecond, bool confirmed) {
    confirmedChain_ = confirmed ? chainId() : QString();
    if (requestsPerSecond > 0 && !confirmed && !chainIsSimulated(editor_.document(), chainId()))
        return;
    post(live::SetTraffic{chainId().toStdString(), requestsPerSecond});
}

quint64 Session::sendPrompt(const QString& chain, wire::ChatRequest request) {
    const quint64 id = nextPrompt_++;
    post(live::SendPrompt{id, chain.toStdString(), std::move(request), true});
    return id;
}

void Session::reloadKeys() {
    loadIntoWorker();
}

QString Session::displayName(const QString& provider) {
    // Names that are acronyms or have a spelling of their own; anything else gets a capital.
    static const std::pair<const char*, const char*> own[] = {
        {"openai", "OpenAI"},       {"nexaapi", "NexaAPI"},   {"fal", "FAL"},
        {"deepseek", "DeepSeek"},   {"xai", "xAI"},           {"openrouter", "OpenRouter"},
        {"aipower", "AIPower"},     {"tokenmix", "TokenMix"}, {"litellm", "LiteLLM"},
        {"dashscope", "DashScope"}, {"vllm", "vLLM"},         {"llamacpp", "llama.cpp"},
        {"llama.cpp", "llama.cpp"},
    };
    for (const auto& [id, name] : own)
        if (provider == QLatin1String(id))
            return QString::fromLatin1(name);
    if (provider.isEmpty())
        return provider;
    return provider.left(1).toUpper() + provider.mid(1);
}

int Session::colorIndex(const QString& provider) const {
    const auto& providers = editor_.document().providers;
    const auto it =
        std::find_if(providers.begin(), providers.end(),
                     [id = provider.toStdString()](const auto& p) { return p.id == id; });
    return it == providers.end() ? 7 : static_cast<int>(it - providers.begin());
}

void Session::pull() {
    if (loadPending_)
        loadIntoWorker();
    auto next = worker_->snapshot();
    if (!next || next->version == snapshot_->version)
        return;
    if (!next->notices.empty()) {
        auto reworded = std::make_shared<live::Snapshot>(*next); // cheap: series are shared
        for (live::Notice& said : reworded->notices)
            said.text = noticeText(editor_.document(), said.text);
        std::erase_if(reworded->notices, [](const live::Notice& n) { return n.text.empty(); });
        next = std::move(reworded);
    }
    snapshot_ = std::move(next);
    Q_EMIT snapshotChanged();
}

void Session::loadIntoWorker() {
    live::LoadDocument load;
    load.document = editor_.document();
    load.keys = keys_.resolve(load.document);
    load.revision = editor_.revision();
    load.chain_sha256 = chain::chain_sha256(editor_.json());
    // A full mailbox must not lose the document: the next pull tries again.
    loadPending_ = !worker_->post(std::move(load));
}

} // namespace brownout::ui
