/// An analyzer that runs a model on pictures of many videos at once, in a model worker.
///
/// It has two halves. A `batch_analyzer` looks at pictures without knowing whose they are; there is one for each
/// analyzer of a worker. A `video_finds` makes events of what was seen in one video, picture by picture.
#pragma once

#include "analyzers/picture_describer.hpp"
#include "analyzers/sampled_analyzer.hpp"
#include "core/metrics.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace timeloom {

/// A point of a body, normalised to [0, 1] of the upright picture.
struct keypoint {
  double x = 0;
  double y = 0;
  double score = 0; ///< [0, 1]

  bool operator==(const keypoint&) const = default;
};

/// One thing in one picture.
struct seen_object {
  int label = 0; ///< index into the model's labels
  double score = 0;
  box area;
  std::vector<keypoint> keypoints; ///< of a body; empty for other things

  bool operator==(const seen_object&) const = default;
};

/// What a model says of one picture.
struct picture_finds {
  std::vector<seen_object> objects; ///< by falling score
  std::vector<double> class_shares; ///< of the picture's area, by label, summing up to 1; empty for detectors
};

/// What was seen in one video. One owner, one thread.
class video_finds {
public:
  virtual ~video_finds() = default;

  /// Takes the finds of the next picture in presentation order.
  virtual void see(const frame_position& at, const picture_finds& finds) = 0;

  /// The next picture is of another shot: nothing that was seen goes on.
  virtual void cut() {}

  /// The events that are certain since the last call.
  virtual std::vector<event> take_events() = 0;

  /// No picture follows: the rest of the events is made certain.
  virtual void finish() = 0;
};

class batch_analyzer {
public:
  virtual ~batch_analyzer() = default;

  /// Makes ready what `look` needs, which may take seconds; the first video would wait for it. Any thread. Fails when
  /// no picture can ever be looked at.
  virtual expected<void> prepare() = 0;

  /// Finds for each of `frames`, which may be of different videos and sizes, in their order. Any thread, several at
  /// once. Fails as a whole: `errc::exhausted` when the batch did not fit the device's memory, `errc::internal` when
  /// one of the pictures may be the reason, `errc::worker_lost` when nothing more can be computed in this process.
  virtual expected<std::vector<picture_finds>> look(std::span<const sampled_frame> frames) = 0;

  /// The other half, for a new video.
  virtual std::unique_ptr<video_finds> begin_video(const analyzer_options& options) const = 0;

  /// What does the work, for the provenance, such as "yolov8x (torchscript, libtorch 2.11.0)".
  virtual std::string backend() const = 0;

  /// Where it runs: "cuda:<uuid>" or "cpu".
  virtual std::string device() const = 0;
};

/// A row of a model worker's table of the analyzers that it runs.
struct batch_lane {
  std::string analyzer; ///< catalog id
  std::unique_ptr<batch_analyzer> runs;
  int max_batch_size = 1;
};

/// What a model worker runs.
struct model_lanes {
  std::vector<batch_lane> lanes;
  std::unique_ptr<picture_describer> describer; ///< of scene_caption; null where that does not run
  int describer_threads = 0;                    ///< questions that it is asked at once
  std::function<metric_set()> metrics;          ///< of the models and their memory; any thread
  std::function<bool()> is_lost;                ///< whether the device does nothing more for this process; any thread
};

} // namespace timeloom
