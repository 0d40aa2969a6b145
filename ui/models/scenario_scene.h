// What a scenario's timeline shows: a lane for each provider of the chain, one for all of them, one
// for each group and for whom the chain does not have; in each the blocks of its faults, stacked
// where they overlap. Made from the document as it is written, right or wrong. Pure.
#pragma once

#include "chain/document.h"
#include "chain/problem.h"

#include <QList>
#include <QString>

#include <optional>
#include <utility>
#include <vector>

namespace brownout::ui {

// How a block looks, beside its colour: solid hits every request; a share is hatched; a ramp is a
// wedge; a random one (renewal) has gaps.
enum class BlockShape { solid, share, ramp, random };
// What it does to a request, by which blocks are coloured.
enum class BlockTone { refuses, slows, spoils };

struct SceneBlock {
    int fault = -1; // its place in the document's `faults`
    QString label;  // "HTTP error 503"
    QString note;   // "20 %, every 6 s": what the block's length does not say; may be empty
    QString target; // as the rule has it, where the lane does not say it: "@primary"
    QString tip;    // a sentence
    double from_s = 0, to_s = 0;
    bool open = false; // acts to the end: no `for_s`
    BlockShape shape = BlockShape::solid;
    BlockTone tone = BlockTone::refuses;
    double rampFrom = 0, rampTo = 1;                // ramp: the shares at its ends
    std::vector<std::pair<double, double>> repeats; // later windows of `every_s`, s
    bool wrong = false;                             // the reader or the chain refuses it
    int row = 0;
    friend bool operator==(const SceneBlock&, const SceneBlock&) = default;
};

struct SceneLane {
    std::string target; // what a rule in this lane names: "aster", "*", "@7"
    QString title, subtitle;
    int color = -1;    // seriesColor; -1: no provider
    bool takes = true; // blocks can be moved here
    QList<SceneBlock> blocks;
    int rows = 1;
    friend bool operator==(const SceneLane&, const SceneLane&) = default;
};

struct Scene {
    QList<SceneLane> lanes;
    double duration_s = 60;
    // Where a fault's block is; nothing: there is none.
    std::optional<std::pair<int, int>> find(int fault) const; // lane, block
    int faults() const;
    friend bool operator==(const Scene&, const Scene&) = default;
};

Scene sceneOf(const chain::Json& scenario, const chain::Document& chain,
              const std::vector<chain::Problem>& trouble = {});

// The provider that a rule's target means on this chain; empty: none, or all of them.
std::string providerOf(const std::string& target, const chain::Json& scenario,
                       const chain::Document& chain);
// The target of a rule that is moved to `provider`: by place where it was by place and the chain
// has one for it, else by name.
std::string retarget(const std::string& target, const std::string& provider,
                     const chain::Json& scenario, const chain::Document& chain);

} // namespace brownout::ui
