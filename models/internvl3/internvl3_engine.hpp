/// InternVL3 for many askers: answers questions about pictures, several at once.
///
/// `submit` and `metrics` may be called from any thread. One thread of the engine computes. What is not answered when
/// the engine is destroyed ends as `errc::cancelled`.
///
/// While nothing is asked, the model can leave the device and come back; its owner moves it, one move at a time.
#pragma once

#include "core/error.hpp"
#include "core/metrics.hpp"
#include "models/internvl3/tiling.hpp"
#include "models/tokenizer/token_id.hpp"

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>
#include <cstdint>
#include <future>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace timeloom {

/// How the tokens of an answer are chosen.
struct generation_options {
  int max_new_tokens = 150;
  double temperature = 0;   ///< 0: always the likeliest token; else scores are divided by it and one is drawn
  double top_p = 1;         ///< draws from the likeliest tokens whose probabilities make up this share
  int top_k = 0;            ///< draws from so many of the likeliest; 0: from all
  std::uint64_t seed = 0;   ///< the same seed draws the same tokens
  bool ignore_stop = false; ///< goes on to `max_new_tokens` whatever is said, for measurements
};

struct caption_request {
  /// Shown in this order, before the prompt; cut with `engine.tiling()`. Those of one digest are computed once.
  std::vector<std::shared_ptr<const picture_tiles>> pictures;
  std::string system; ///< what the assistant is told first; "" for nothing
  std::string prompt;
  generation_options generation;
};

struct caption {
  std::string text;
  std::int64_t prompt_tokens = 0; ///< those of the pictures among them
  std::vector<token_id> tokens;   ///< of the answer, without the one that ended it
  bool cut_short = false;         ///< `max_new_tokens` came before its end
  std::int64_t batch = 0;         ///< requests that a step had which it was in, at most
  std::int64_t kv_used_bytes = 0; ///< by all of them, at most
  std::int64_t kv_bytes = 0;      ///< that there is room for
  double seconds = 0;             ///< since it was submitted
};

struct engine_options {
  std::string folder; ///< config.json, tokenizer.json and *.safetensors, see docs/internvl3.md
  c10::Device device{c10::kCPU};
  c10::ScalarType dtype = c10::kFloat; ///< what it computes in: c10::kFloat, kHalf or kBFloat16
  std::int64_t kv_bytes = 0;           ///< for keys and values; 0: as suits the free memory
  int max_batch_size = 0;              ///< requests that are computed together; 0: as many as find room
  int max_waiting = 64;                ///< requests that may wait for that; `submit` blocks beyond
};

class internvl3_engine {
public:
  /// Loads the checkpoint and starts the engine's thread. Fails as `internvl3_model::load` and `tokenizer::load`, and
  /// with `errc::invalid_argument` when an option is impossible.
  static expected<std::unique_ptr<internvl3_engine>> create(engine_options options);

  ~internvl3_engine();
  internvl3_engine(const internvl3_engine&) = delete;
  internvl3_engine& operator=(const internvl3_engine&) = delete;

  /// Waits for room among those that wait, then gives the answer to come. It is an error with
  /// `errc::invalid_argument` when pictures, prompt or options do not fit the model, `errc::cancelled` once `cancel`
  /// is requested, `errc::exhausted` when it does not fit the memory even alone.
  std::future<expected<caption>> submit(caption_request request, std::stop_token cancel = {});

  /// Copies the weights to the host, pinned where the device is a GPU; also while it answers.
  expected<void> copy_to_host();
  bool has_host_copy() const;
  void drop_host_copy();

  /// Frees the device: weights, keys and values, recorded steps. There must be a copy on the host. Waits until what was
  /// asked is answered; what is asked then fails with `errc::internal`.
  void leave_device();
  bool is_on_device() const;

  /// Copies the weights back, makes new room for keys and values, and forgets what was in them; steps are recorded
  /// again when they are wanted.
  expected<void> return_to_device();

  /// A checksum of the weights on the device, the same for the same weights.
  expected<std::uint64_t> check_value() const;

  std::int64_t weight_bytes() const; ///< wherever they are
  std::int64_t device_bytes() const; ///< weights, keys and values, when they are on the device

  /// How its pictures are to be cut: as the checkpoint says, with up to 12 tiles where it does not.
  tiling_options tiling() const;

  /// Requests, tokens, times and memory since it was created: `timeloom_vlm_*`.
  metric_set metrics() const;

private:
  struct state;
  explicit internvl3_engine(std::unique_ptr<state> made);

  std::unique_ptr<state> state_;
};

} // namespace timeloom
