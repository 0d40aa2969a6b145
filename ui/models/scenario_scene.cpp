#include "ui/models/scenario_scene.h"

#include "ui/models/fault_models.h"
#include "ui/models/scenario_edits.h"
#include "ui/models/scenario_text.h"
#include "ui/shell/session.h"

#include <algorithm>

namespace brownout::ui {
namespace {

namespace ops = scenario_edits;
using chain::Json;
using faults::Kind;

constexpr int mostRepeats = 200;

const Json* member(const Json& object, const char* key) {
    const auto it = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && it != object.end() ? &*it : nullptr;
}

double numberOr(const Json& object, const char* key, double otherwise) {
    const Json* v = member(object, key);
    return v && v->is_number() ? v->get<double>() : otherwise;
}

std::string textOr(const Json& object, const char* key) {
    const Json* v = member(object, key);
    return v && v->is_string() ? v->get<std::string>() : std::string();
}

// The providers of the chain that the traffic uses, as they are tried.
std::vector<std::string> placesOf(const Json& scenario, const chain::Document& document) {
    const Json* traffic = member(scenario, "traffic");
    const chain::Chain* chain =
        document.chain_or_default(traffic ? textOr(*traffic, "chain") : std::string());
    std::vector<std::string> out;
    if (chain)
        for (const chain::Target& t : chain->targets)
            if (t.enabled)
                out.push_back(t.provider);
    return out;
}

std::optional<faults::KindInfo> kindOf(const Json& rule) {
    const std::string name = textOr(rule, "kind");
    for (const faults::KindInfo& info : faults::kinds())
        if (info.name == name)
            return info;
    return std::nullopt;
}

BlockTone toneOf(Kind kind) {
    switch (kind) {
    case Kind::latency:
    case Kind::slow_first_token:
    case Kind::slow_tokens:
    case Kind::slow_close:
    case Kind::bandwidth:
    case Kind::hang:
    case Kind::connect_hang:
    case Kind::stream_stall:
    case Kind::keepalive_only:
    case Kind::job_never_ready:
        return BlockTone::slows;
    case Kind::price_change:
    case Kind::empty_answer:
    case Kind::length_stop:
    case Kind::wrong_model:
    case Kind::no_usage:
    case Kind::split_utf8:
    case Kind::duplicate_event:
    case Kind::wrong_content_type:
    case Kind::drop_field:
    case Kind::corrupt_image:
    case Kind::garbage:
    case Kind::html_page:
    case Kind::bad_event:
        return BlockTone::spoils;
    default:
        return BlockTone::refuses;
    }
}

QString barLabel(const Json& rule) {
    const auto kind = kindOf(rule);
    if (!kind)
        return QObject::tr("unknown: %1").arg(QString::fromStdString(textOr(rule, "kind")));
    QString out = QString::fromUtf8(kind->label.data(), static_cast<qsizetype>(kind->label.size()));
    if (kind->kind == Kind::http_error)
        out += QStringLiteral(" %1").arg(numberOr(rule, "status", 503));
    if (const Json* ms = member(rule, "ms"); ms && ms->is_number() && ms->get<double>() > 0)
        out += QObject::tr(" %1 s").arg(ms->get<double>() / 1000, 0, 'g', 4);
    return out;
}

QString noteOf(const Json& when) {
    QStringList parts;
    if (const double share = numberOr(when, "probability", 1); share < 1)
        parts << QObject::tr("%1 %").arg(share * 100, 0, 'g', 3);
    if (member(when, "first"))
        parts << QObject::tr("first %1").arg(numberOr(when, "first", 0));
    if (numberOr(when, "after", 0) > 0)
        parts << QObject::tr("after %1").arg(numberOr(when, "after", 0));
    if (const Json* ramp = member(when, "ramp"))
        parts << QObject::tr("%1 to %2 %")
                     .arg(numberOr(*ramp, "from", 0) * 100, 0, 'g', 3)
                     .arg(numberOr(*ramp, "to", 1) * 100, 0, 'g', 3);
    if (member(when, "every_s"))
        parts << QObject::tr("every %1").arg(clockText(numberOr(when, "every_s", 0)));
    if (member(when, "renewal"))
        parts << QObject::tr("at random");
    return parts.join(QStringLiteral(", "));
}

SceneBlock blockOf(const Json& rule, int index, double end) {
    SceneBlock block;
    block.fault = index;
    block.label = barLabel(rule);
    const auto kind = kindOf(rule);
    block.tone = kind ? toneOf(kind->kind) : BlockTone::refuses;
    block.wrong = !kind;
    const Json none = Json::object();
    const Json* written = member(rule, "when");
    const Json& when = written ? *written : none;
    block.note = noteOf(when);
    const auto lasts = ops::forOf(rule);
    block.from_s = ops::atOf(rule);
    block.open = !lasts;
    block.to_s = lasts ? block.from_s + std::max(0.0, *lasts) : std::max(end, block.from_s);
    if (member(when, "renewal")) {
        block.shape = BlockShape::random;
    } else if (const Json* ramp = member(when, "ramp")) {
        block.shape = BlockShape::ramp;
        block.rampFrom = numberOr(*ramp, "from", 0);
        block.rampTo = numberOr(*ramp, "to", 1);
    } else if (numberOr(when, "probability", 1) < 1 || member(when, "first") ||
               numberOr(when, "after", 0) > 0) {
        block.shape = BlockShape::share;
    }
    const double every = numberOr(when, "every_s", 0);
    if (lasts && every > 0)
        for (int i = 1; i <= mostRepeats && block.from_s + i * every < end; ++i)
            block.repeats.emplace_back(block.from_s + i * every,
                                       std::min(end, block.to_s + i * every));
    const QString words = whenText(when);
    block.tip = QStringLiteral("%1: %2").arg(
        faultTitle(rule), words.isEmpty() ? QObject::tr("the whole time") : words);
    return block;
}

void place(SceneLane& lane, SceneBlock block) {
    const auto end = [](const SceneBlock& b) {
        return b.repeats.empty() ? b.to_s : b.repeats.back().second;
    };
    const auto overlaps = [&](const SceneBlock& b) {
        return b.row == block.row && b.from_s < end(block) && block.from_s < end(b);
    };
    while (std::any_of(lane.blocks.begin(), lane.blocks.end(), overlaps))
        ++block.row;
    lane.rows = std::max(lane.rows, block.row + 1);
    lane.blocks << std::move(block);
}

std::vector<std::string> groupOf(const Json& rule) {
    std::vector<std::string> out;
    if (textOr(rule, "kind") != "group_outage")
        return out;
    if (const std::string first = textOr(rule, "target"); !first.empty())
        out.push_back(first);
    if (const Json* list = member(rule, "targets"); list && list->is_array())
        for (const Json& name : *list)
            if (name.is_string() &&
                std::find(out.begin(), out.end(), name.get<std::string>()) == out.end())
                out.push_back(name.get<std::string>());
    return out;
}

// Lanes that are there only because a rule needs them.
SceneLane& extraLane(Scene& scene, const std::string& target, const QString& title,
                     const QString& subtitle) {
    for (SceneLane& lane : scene.lanes)
        if (lane.target == target && lane.title == title)
            return lane;
    SceneLane lane;
    lane.target = target;
    lane.title = title;
    lane.subtitle = subtitle;
    lane.takes = false;
    scene.lanes << std::move(lane);
    return scene.lanes.back();
}

SceneLane& laneOf(Scene& scene, const Json& rule, const Json& scenario,
                  const chain::Document& chain, SceneBlock& block) {
    const std::string target = ops::targetOf(rule);
    if (const auto group = groupOf(rule); group.size() > 1) {
        QStringList names;
        for (const std::string& name : group)
            names << faultTargetText(name);
        return extraLane(scene, "+", names.join(QStringLiteral(" + ")),
                         QObject::tr("several at once"));
    }
    const std::string provider = target == "*" ? target : providerOf(target, scenario, chain);
    for (SceneLane& lane : scene.lanes)
        if (!provider.empty() && lane.target == provider) {
            if (target != provider)
                block.target = target.front() == '@'
                                   ? QString::fromStdString(target)
                                   : QString::fromStdString(target.substr(provider.size() + 1));
            return lane;
        }
    block.wrong = true;
    return extraLane(scene, target,
                     target.empty() ? QObject::tr("nobody") : QString::fromStdString(target),
                     QObject::tr("not in this chain"));
}

} // namespace

std::string providerOf(const std::string& target, const chain::Json& scenario,
                       const chain::Document& chain) {
    if (target.empty() || target == "*")
        return {};
    if (target.front() != '@') {
        const std::string id = target.substr(0, target.find('/'));
        return chain.provider(id) ? id : std::string();
    }
    const auto places = placesOf(scenario, chain);
    std::size_t at = 0;
    if (target == "@primary")
        at = 1;
    else if (target == "@last")
        at = places.size();
    else if (target.size() < 5 &&
             std::all_of(target.begin() + 1, target.end(),
                         [](char c) { return c >= '0' && c <= '9'; }) &&
             target.size() > 1)
        at = static_cast<std::size_t>(std::stoi(target.substr(1)));
    return at >= 1 && at <= places.size() ? places[at - 1] : std::string();
}

std::string retarget(const std::string& target, const std::string& provider,
                     const chain::Json& scenario, const chain::Document& chain) {
    if (provider == "*" || target.empty() || target.front() != '@')
        return provider;
    const auto places = placesOf(scenario, chain);
    const auto it = std::find(places.begin(), places.end(), provider);
    if (it == places.end())
        return provider;
    return it == places.begin() ? "@primary" : "@" + std::to_string(it - places.begin() + 1);
}

std::optional<std::pair<int, int>> Scene::find(int fault) const {
    for (int lane = 0; lane < lanes.size(); ++lane)
        for (int i = 0; i < lanes[lane].blocks.size(); ++i)
            if (lanes[lane].blocks[i].fault == fault)
                return std::pair{lane, i};
    return std::nullopt;
}

int Scene::faults() const {
    int out = 0;
    for (const SceneLane& lane : lanes)
        out += static_cast<int>(lane.blocks.size());
    return out;
}

Scene sceneOf(const chain::Json& scenario, const chain::Document& chain,
              const std::vector<chain::Problem>& trouble) {
    Scene scene;
    scene.duration_s = ops::durationOf(scenario);
    const auto places = placesOf(scenario, chain);
    int color = 0;
    for (const chain::Provider& provider : chain.providers) {
        SceneLane lane;
        lane.target = provider.id;
        lane.title = Session::displayName(QString::fromStdString(provider.id));
        lane.color = color++;
        const auto it = std::find(places.begin(), places.end(), provider.id);
        lane.subtitle = it == places.end() ? QObject::tr("not in the chain")
                        : it == places.begin()
                            ? QObject::tr("tried first")
                            : QObject::tr("number %1").arg(it - places.begin() + 1);
        if (!provider.simulated())
            lane.subtitle += QObject::tr(", real");
        scene.lanes << std::move(lane);
    }
    SceneLane all;
    all.target = "*";
    all.title = QObject::tr("All of them");
    all.subtitle = QObject::tr("at once");
    scene.lanes << std::move(all);
    for (int i = 0; i < ops::faultCount(scenario); ++i) {
        const Json& rule = *ops::fault(scenario, i);
        SceneBlock block = blockOf(rule, i, scene.duration_s);
        const std::string at = "/faults/" + std::to_string(i);
        for (const chain::Problem& p : trouble)
            block.wrong = block.wrong || (p.severity == chain::Problem::Severity::error &&
                                          (p.pointer == at || p.pointer.starts_with(at + "/")));
        SceneLane& lane = laneOf(scene, rule, scenario, chain, block);
        place(lane, std::move(block));
    }
    return scene;
}

} // namespace brownout::ui
