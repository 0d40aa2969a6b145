// Tests of keys and webhooks that are running, each in a thread of its own. Who began one may go
// before it ends: then nobody is told. Only the end of the process waits for them, at most for
// their limit: a thread must not outlive what it was linked with.
#pragma once

#include <QThread>

#include <set>

namespace brownout::ui {

class RunningTests {
  public:
    static RunningTests& all();
    ~RunningTests();
    void start(QThread* thread); // takes it over

  private:
    std::set<QThread*> threads_;
};

} // namespace brownout::ui
