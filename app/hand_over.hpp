/// Videos of a command line that the running daemon of the same user analyzes, whose models are warm.
///
/// Only where that makes no difference to what is written: the daemon must be of the same version, with the same
/// analyzers, options and models. What it does not take, or does not bring to a result, is left to the caller.
#pragma once

#include "app/configuration.hpp"
#include "serving/http_client.hpp"
#include "serving/service.hpp"
#include "timeline/timeline.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace timeloom {

/// Called on the thread of `hand_over::run`, but for `note`, which `hand_over::begin` calls as well.
struct hand_over_listener {
  std::function<void(std::size_t video, const running_progress& at)> progress;
  std::function<void(std::size_t video, expected<timeline> made)> finished; ///< fails with `cancelled` only
  std::function<void(const std::string& sentence)> note;                    ///< for people
};

struct handed_video {
  std::size_t number = 0;
  std::string path; ///< as it was given
};

class hand_over {
public:
  /// Null when there is no daemon that would analyze alike; `note` hears why, unless none runs at all.
  static std::unique_ptr<hand_over> begin(const configuration& settings, hand_over_listener listener);

  const std::string& url() const { return daemon_.url; }

  /// Blocks until the daemon has ended every video that it took, or is gone. Gives the videos that are left to analyze.
  /// `thumbnails`: whether the timelines need them. Once.
  std::vector<std::size_t> run(const std::vector<handed_video>& videos, bool thumbnails);

  /// Cancels the jobs that `run` has made; those that were there before go on. Any thread, while `run` runs.
  void cancel();

private:
  struct work;

  hand_over(http_client_options daemon, hand_over_listener listener)
      : daemon_(std::move(daemon)), listener_(std::move(listener)) {}

  http_client_options daemon_;
  hand_over_listener listener_;
  std::mutex mutex_; ///< of made_
  std::vector<job_id> made_;
};

} // namespace timeloom
