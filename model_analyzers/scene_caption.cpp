#include "model_analyzers/scene_caption.hpp"

#include "models/internvl3/internvl3_engine.hpp"
#include "models/libtorch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <utility>

namespace timeloom {

namespace {

/// Shorter than a coordinator waits for any answer of a model worker.
constexpr auto answer_patience = std::chrono::minutes{8};
constexpr std::int64_t mib = std::int64_t{1} << 20;
constexpr std::int64_t activation_bytes = 1536 * mib; // of a batch of tiles, and of a part of a prompt
constexpr std::int64_t least_kv_bytes = 192 * mib;

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

class scene_caption final : public picture_describer {
public:
  scene_caption(model_cache& cache, model_entry entry, c10::Device device, const scene_caption_limits& limits)
      : cache_(cache), entry_(std::move(entry)), device_(device), limits_(limits) {}

  expected<void> prepare() override {
    const std::lock_guard lock{mutex_};
    if (engine_)
      return {};
    const auto weights = model_bytes(entry_);
    // On a processor it computes in float32: twice the usual file.
    auto room = cache_.reserve(memory_kind::weights, device_.is_cuda() ? limits_.budget_bytes : 2 * weights);
    if (!room)
      return tl::unexpected{room.error()};
    auto made = internvl3_engine::create(
        {.folder = entry_.path,
         .device = device_,
         .dtype = dtype_on(entry_, device_),
         .kv_bytes = device_.is_cuda()
                         ? std::max(least_kv_bytes, limits_.budget_bytes - weights - weights / 20 - activation_bytes)
                         : 0,
         .max_batch_size = limits_.max_batch_size,
         .max_waiting = limits_.max_batch_size});
    if (!made)
      return tl::unexpected{made.error()};
    engine_ = std::move(*made);
    room_ = std::move(*room);
    return {};
  }

  expected<picture_answer> describe(const picture_question& question, std::stop_token cancel) override {
    caption_request request;
    auto tiling = engine_->tiling();
    tiling.most = std::clamp(question.max_tiles, tiling.least, tiling.most);
    for (const auto& picture : question.pictures) {
      auto tiles = cut_tiles(
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
    auto answer = engine_->submit(std::move(request), stop.get_token());
    if (answer.wait_for(answer_patience) != std::future_status::ready) {
      stop.request_stop();
      return fail(errc::timeout, "{} gave no answer for {} min", entry_.id, answer_patience.count());
    }
    auto given = answer.get();
    if (!given && is_lost(device_))
      return fail(errc::worker_lost, "{} does nothing more for this process: {}", device(), given.error().message);
    return given.map([](const caption& one) {
      return picture_answer{one.text, one.prompt_tokens, static_cast<std::int64_t>(one.tokens.size()), one.cut_short};
    });
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
    const std::lock_guard lock{mutex_};
    return engine_ ? engine_->metrics() : metric_set{};
  }

private:
  model_cache& cache_;
  const model_entry entry_;
  const c10::Device device_;
  const scene_caption_limits limits_;
  mutable std::mutex mutex_;
  std::optional<memory_reservation> room_;   // guarded by mutex_ until there is an engine
  std::unique_ptr<internvl3_engine> engine_; // likewise; then it stays
};

} // namespace

std::unique_ptr<picture_describer> make_scene_caption(model_cache& cache, const model_entry& entry, c10::Device device,
                                                      const scene_caption_limits& limits) {
  return std::make_unique<scene_caption>(cache, entry, device, limits);
}

} // namespace timeloom
