/// A model that answers questions about pictures in words, as a model worker uses it.
#pragma once

#include "core/error.hpp"
#include "core/metrics.hpp"
#include "media/sample_shape.hpp"

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace timeloom {

/// A picture that owns its pixels.
struct kept_picture {
  picture_size size;
  std::vector<std::uint8_t> rgb; ///< (height, width, 3) without gaps
};

struct picture_question {
  std::vector<kept_picture> pictures; ///< shown in this order, before the prompt
  std::string prompt;
  int max_new_tokens = 150;
  int max_tiles = 12; ///< into which a picture is cut
};

struct picture_answer {
  std::string text;
  std::int64_t prompt_tokens = 0; ///< those of the pictures among them
  std::int64_t tokens = 0;        ///< of the answer
  bool cut_short = false;         ///< by `max_new_tokens`
};

/// Any thread may call the members, several at once.
class picture_describer {
public:
  virtual ~picture_describer() = default;

  /// Brings the model to its device, which may take seconds; nothing when it is there. Fails when no question can ever
  /// be answered.
  virtual expected<void> prepare() = 0;

  /// Waits for the answer; questions of several threads are computed together. Fails for this question only, with
  /// `errc::cancelled` once `cancel` is requested and `errc::timeout` when the answer takes too long; with
  /// `errc::worker_lost` when nothing more can be computed in this process.
  virtual expected<picture_answer> describe(const picture_question& question, std::stop_token cancel) = 0;

  /// What answers, for the provenance, such as "InternVL3-8B-hf (internvl3, libtorch 2.11.0)".
  virtual std::string backend() const = 0;
  /// Where it runs: "cuda:<uuid>" or "cpu".
  virtual std::string device() const = 0;

  virtual metric_set metrics() const = 0;
};

} // namespace timeloom
