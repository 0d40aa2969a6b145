// What one key alone may never exceed: requests and tokens a minute, requests at the same time.
// Folded away until it has a limit or is opened.
#pragma once

#include "chain/json.h"

#include <QWidget>

#include <functional>
#include <optional>

class QPushButton;

namespace brownout::ui {

class JsonField;

class KeyLimits : public QWidget {
    Q_OBJECT
  public:
    // `objectNameOf`: the name of a part, of that key among several.
    explicit KeyLimits(const std::function<QString(const char* part)>& objectNameOf,
                       QWidget* parent = nullptr);
    // `item`: the key as the chain file has it. `problem`: what the reader says of a place below
    // it.
    void show(const chain::Json& item,
              const std::function<QString(const std::string& below)>& problem);
    void fold();
    bool focusBelow(const std::string& below); // "/limits/concurrency"; false: it is none of these
    void flush();                              // what is being typed

    // Nothing: without that limit.
    std::function<void(const std::string& limit, std::optional<chain::Json> value)> edited;

  private:
    QPushButton* open_;
    QWidget* fields_;
    std::vector<std::pair<std::string, JsonField*>> limits_;
};

} // namespace brownout::ui
