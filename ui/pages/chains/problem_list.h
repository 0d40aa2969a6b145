// The problems of the open document as the Chains page says them: in the units of its fields, and
// with the fixes that lint offers. Pure.
#pragma once

#include "chain/lint.h"
#include "ui/models/document_editor.h"

namespace brownout::ui {

struct ProblemEntry {
    bool isError = false;
    QString text; // "First token: expected a number above 0 and at most 86,400 s."
    std::string pointer;
    std::optional<chain::Fix> fix;
    friend bool operator==(const ProblemEntry& a, const ProblemEntry& b) {
        return a.isError == b.isError && a.text == b.text && a.pointer == b.pointer &&
               a.fix.has_value() == b.fix.has_value();
    }
};

// Lint of what is edited; nothing while it is invalid.
std::vector<chain::Warning> lintOf(const DocumentEditor& editor);
// Errors, what the reader warns of, and lint, in this order; `json` is what they are about.
std::vector<ProblemEntry> problemEntries(const chain::Json& json,
                                         const std::vector<chain::Problem>& problems,
                                         const std::vector<chain::Warning>& lint);

} // namespace brownout::ui
