// The filter language of the request table. Words are separated by spaces; all must hold.
//
//   provider:aster        an attempt went to that provider (part of the name will do)
//   target:aster/gpt-5    the same for a target;  served:birch  who answered
//   class:failover        an attempt ended so;    result:failed how the request ended
//   cause:overloaded      why an attempt failed;  status:503    its HTTP status
//   task:simple  chain:default  id:r-4k2m9x       mode:retry    how an attempt came about
//   ms>500  first>300  attempts>1  usd>0.001      total and first token in ms; > >= < <= =
//   provider:aster,birch  either;   -result:success  not;   anything else: found in any text
//
// Pure; any thread.
#pragma once

#include "record/records.h"

#include <QString>

#include <vector>

namespace brownout::ui {

class RequestFilter {
  public:
    // An empty text lets everything through. On an error `error` says what is wrong with which
    // word, and the filter lets everything through.
    static RequestFilter parse(const QString& text, QString* error);
    bool accepts(const record::RequestRecord& request) const;
    bool empty() const { return terms_.empty(); }
    static QString help(); // for a tool tip

  private:
    enum class Field {
        any,
        provider,
        target,
        served,
        cls,
        cause,
        status,
        mode,
        result,
        task,
        chain,
        id,
        ms,
        first,
        attempts,
        usd,
    };
    enum class Compare { contains, equal, less, less_equal, greater, greater_equal };
    struct Term {
        Field field = Field::any;
        Compare compare = Compare::contains;
        bool negated = false;
        std::vector<std::string> words; // lower case; any of them
        double number = 0;
    };
    static bool parseTerm(const QString& word, Term& term, QString* error);
    static bool holds(const Term& term, const record::RequestRecord& r);
    std::vector<Term> terms_;
};

} // namespace brownout::ui
