#include "model_analyzers/scene_caption.hpp"

#include "core/bytes_text.hpp"
#include "model_analyzers/internvl3_backing.hpp"
#include "models/internvl3/tile_cache.hpp"
#include "models/libtorch.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

namespace timeloom {

namespace {

/// Shorter than a coordinator waits for any answer of a model worker.
constexpr auto answer_patience = std::chrono::minutes{8};
constexpr std::chrono::milliseconds turn_patience{30000}; // as those who wait for memory have
constexpr std::chrono::milliseconds turn_pulse{5};
constexpr std::int64_t mib = std::int64_t{1} << 20;
constexpr std::int64_t activation_bytes = 1792 * mib; // of a batch of tiles, and of a part of a prompt, as measured
constexpr std::int64_t least_kv_bytes = 576 * mib;    // of a question of 39 tiles to an 8B

c10::ScalarType dtype_on(const model_entry& entry, c10::Device device) {
  switch (entry.dtype) {
  case model_dtype::float32:
    return c10::kFloat;
  case model_dtype::float16:
    return c10::kHalf;
  case model_dtype::bfloat16:
    return c10::kBFloat16;
  case model_dtype::automatic:
    break;
  }
  return device.is_cuda() ? c10::kBFloat16 : c10::kFloat;
}

/// On the device; files usually have 2 bytes a weight.
std::int64_t weight_bytes(const model_entry& entry, c10::Device device) {
  return model_bytes(entry) * (dtype_on(entry, device) == c10::kFloat ? 2 : 1);
}

engine_options options_of(const model_entry& entry, c10::Device device, const scene_caption_limits& limits) {
  return {.folder = entry.path,
          .device = device,
          .dtype = dtype_on(entry, device),
          .kv_bytes = device.is_cuda()
                          ? std::max(least_kv_bytes,
                                     limits.budget_bytes - weight_bytes(entry, device) / 20 * 21 - activation_bytes)
                          : 0,
          .max_batch_size = limits.max_batch_size,
          .max_waiting = limits.max_batch_size};
}

class scene_caption final : public picture_describer {
public:
  /// `backing` is a model of the cache.
  scene_caption(model_cache& cache, model_entry entry, c10::Device device, internvl3_backing& backing,
                const scene_caption_limits& limits)
      : cache_(cache),
        entry_(std::move(entry)),
        device_(device),
        backing_(backing),
        tiles_(limits.tile_bytes),
        logs_(limits.logs_answers) {}

  expected<void> prepare() override {
    auto held = hold();
    if (!held)
      return tl::unexpected{held.error()};
    const std::lock_guard lock{mutex_};
    if (!copying_.exchange(true))
      copy_ = std::jthread{[this, leased = std::move(*held)]() mutable {
        cache_.copy_ahead(*leased);
        leased.reset();
        copying_ = false;
      }};
    return {};
  }

  expected<picture_answer> describe(const picture_question& question, std::stop_token cancel) override {
    const auto held = hold();
    if (!held)
      return tl::unexpected{worst_of(held.error())};
    caption_request request;
    auto& engine = backing_.engine();
    auto tiling = engine.tiling();
    tiling.most = std::clamp(question.max_tiles, tiling.least, tiling.most);
    for (const auto& picture : question.pictures) {
      auto tiles = tiles_.cut(
          {picture.rgb.data(), picture.size.width, picture.size.height, std::ptrdiff_t{3} * picture.size.width},
          tiling);
      if (!tiles)
        return tl::unexpected{tiles.error()};
      request.pictures.push_back(std::move(*tiles));
    }
    request.prompt = question.prompt;
    request.generation.max_new_tokens = question.max_new_tokens;
    std::stop_source stop;
    const std::stop_callback follow{cancel, [&stop] { stop.request_stop(); }};
    auto answer = engine.submit(std::move(request), stop.get_token());
    if (answer.wait_for(answer_patience) != std::future_status::ready) {
      stop.request_stop();
      return fail(errc::timeout, "{} gave no answer for {} min", entry_.id, answer_patience.count());
    }
    auto given = answer.get();
    if (!given)
      return tl::unexpected{worst_of(given.error())};
    if (logs_)
      log(*given);
    return picture_answer{given->text, given->prompt_tokens, static_cast<std::int64_t>(given->tokens.size()),
                          given->cut_short};
  }

  std::string backend() const override {
    return fmt::format("{} (internvl3, libtorch {})", entry_.id, libtorch_version());
  }

  std::string device() const override {
    if (!device_.is_cuda())
      return "cpu";
    const char* uuid = std::getenv("CUDA_VISIBLE_DEVICES"); // which the coordinator set to its UUID
    return fmt::format("cuda:{}", uuid == nullptr ? "0" : uuid);
  }

  metric_set metrics() const override {
    auto found = backing_.metrics();
    for (auto& one : tiles_.metrics().values)
      found.values.push_back(std::move(one));
    return found;
  }

private:
  void log(const caption& one) const {
    const auto tokens = one.tokens.size();
    const auto memory = memory_of(device_).reserved;
    fmt::print(stderr,
               "timeloom model worker: a caption of {} tokens, {} before it: {:.2f} s, {:.1f} tokens/s, in a batch of "
               "{}; keys and values {} of {}{}\n",
               tokens, one.prompt_tokens, one.seconds, static_cast<double>(tokens) / one.seconds, one.batch,
               bytes_text(one.kv_used_bytes), bytes_text(one.kv_bytes),
               memory > 0 ? fmt::format("; {} of the GPU", bytes_text(memory)) : "");
  }

  /// The error, or that nothing more can be computed here.
  error worst_of(const error& found) const {
    if (!is_lost(device_))
      return found;
    return {errc::worker_lost, fmt::format("{} does nothing more for this process: {}", device(), found.message)};
  }

  /// The lease that all questions under way share, or a new one.
  expected<std::shared_ptr<const model_lease>> hold() {
    for (auto waited = turn_pulse; cache_.is_short() && waited < turn_patience; waited += turn_pulse)
      std::this_thread::sleep_for(turn_pulse);
    const std::lock_guard lock{mutex_};
    if (auto shared = leased_.lock())
      return shared;
    auto made = cache_.lease(entry_.id, device_.is_cuda() ? activation_bytes : 0);
    if (!made)
      return tl::unexpected{made.error()};
    const auto shared = std::make_shared<const model_lease>(std::move(*made));
    leased_ = shared;
    return shared;
  }

  model_cache& cache_;
  const model_entry entry_;
  const c10::Device device_;
  internvl3_backing& backing_;
  tile_cache tiles_;
  const bool logs_;
  std::mutex mutex_;
  std::weak_ptr<const model_lease> leased_; // guarded by mutex_
  std::atomic<bool> copying_ = false;
  std::jthread copy_; // guarded by mutex_
};

} // namespace

expected<std::unique_ptr<picture_describer>> make_scene_caption(model_cache& cache, const model_entry& entry,
                                                                c10::Device device,
                                                                const scene_caption_limits& limits) {
  auto options = options_of(entry, device, limits);
  const auto weights = weight_bytes(entry, device);
  const auto expected_bytes = device.is_cuda() ? weights / 20 * 21 + options.kv_bytes : weights;
  auto backing = std::make_unique<internvl3_backing>(std::move(options), expected_bytes);
  auto& known = *backing;
  if (auto added = cache.add(entry.id, std::move(backing)); !added)
    return tl::unexpected{added.error()};
  return std::make_unique<scene_caption>(cache, entry, device, known, limits);
}

} // namespace timeloom
