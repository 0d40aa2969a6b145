#include "ui/pages/chains/running_tests.h"

namespace brownout::ui {

RunningTests& RunningTests::all() {
    static RunningTests tests;
    return tests;
}

RunningTests::~RunningTests() {
    for (QThread* thread : threads_)
        thread->wait();
    qDeleteAll(threads_);
}

void RunningTests::start(QThread* thread) {
    threads_.insert(thread);
    QObject::connect(thread, &QThread::finished, thread, [this, thread] {
        threads_.erase(thread);
        thread->deleteLater();
    });
    thread->start();
}

} // namespace brownout::ui
