// Models of the chain's providers from an event log of the user's own, fitted in the background.
// Thread: the window's.
#pragma once

#include "tune/calibrate.h"

#include <QObject>
#include <QString>

#include <memory>

namespace brownout::ui {

class CalibrateRun : public QObject {
    Q_OBJECT
  public:
    explicit CalibrateRun(QObject* parent = nullptr);
    ~CalibrateRun() override;
    void start(const QString& path, const chain::Document& document);
    bool running() const { return job_ != nullptr; }

  Q_SIGNALS:
    void progressed(double share, const QString& what);
    void fitted(const brownout::tune::Calibration& found);
    void failed(const QString& why);

  private:
    struct Job;
    std::unique_ptr<Job> job_;
};

// The assumptions with what was fitted for providers of the document, each with its source.
// `summary`: who was fitted, on how much, and how well. The same assumptions: nobody was.
chain::Json withFits(chain::Json assumptions, const tune::Calibration& found,
                     const chain::Document& document, const QString& log, QString* summary);

} // namespace brownout::ui
