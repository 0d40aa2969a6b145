// Keys from a `.env` file: their values go into the key store and nowhere else; the document gets a
// provider and a target for each that is known by its name, in one step. Thread: the window's.
#pragma once

#include "chain/dotenv.h"
#include "chain/keys.h"

#include <QString>

namespace brownout::ui {

struct DotenvImport {
    QString error;        // not empty: nothing was stored or changed; what, where, remedy
    chain::Json document; // after the import
    QString summary;      // "2 keys from .env ...": names only, never a value
    std::string chain;    // that got a target; empty: none
};

// `source`: keychain or session. A provider of the document that the key is for, and that has no
// usable key, is pointed to the stored one; what has one stays as it is.
DotenvImport importDotenv(const QString& path, chain::KeyRef::Source source,
                          const chain::Json& document, const std::string& chainId,
                          chain::KeyStore& keys);

} // namespace brownout::ui
