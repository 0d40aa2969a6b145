// Documents against resources/schemas, by a validator that is not ours (Python's jsonschema).
#pragma once

#include "chain/json.h"

#include <QStringList>

#include <string>
#include <vector>

namespace brownout::test {

struct SchemaJob {
    std::string schema; // "chain": resources/schemas/chain.schema.json
    chain::Json document;
};

// False where the validator is not installed (packaging/packages.tsv has it under "test").
bool have_schema_validator();
// For each job its problems, none for a valid document. All at once: one process. Fatal when the
// validator fails, or when a schema is none.
std::vector<QStringList> schema_problems(const std::vector<SchemaJob>& jobs);

} // namespace brownout::test
