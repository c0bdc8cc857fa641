#include "model_analyzers/network.hpp"

#include "model_analyzers/script_backing.hpp"
#include "models/libtorch.hpp"
#include "models/memory_meter.hpp"

#include <ATen/ATen.h>
#include <cstdlib>

namespace timeloom {

network::network(model_cache& cache, const model_entry& entry, picture_fit fit, c10::Device device)
    : cache_(cache),
      entry_(entry),
      input_{{entry.input.width, entry.input.height}, fit, entry.normalisation},
      device_(device) {}

expected<std::shared_ptr<network>> network::create(model_cache& cache, const model_entry& entry, picture_fit fit,
                                                   c10::Device device) {
  std::shared_ptr<network> made{new network{cache, entry, fit, device}};
  if (auto added = cache.add(entry.id, std::make_unique<script_backing>(entry, made->input_.size, device)); !added)
    return tl::unexpected{added.error()};
  return made;
}

expected<void> network::prepare() {
  const auto lease = cache_.lease(entry_.id);
  if (!lease)
    return tl::unexpected{lease.error()};
  expect_workspace(static_cast<const script_backing&>(lease->backing()).workspace_bytes());
  return {};
}

expected<std::vector<picture_finds>> network::look(std::span<const sampled_frame> frames, const reader& read) {
  const auto pictures = static_cast<std::int64_t>(frames.size());
  auto finds = look_with(cache_.lease(entry_.id, pictures * workspace_a_picture_), frames, read);
  if (!finds && finds.error().code == errc::exhausted && frames.size() == 1) {
    // Not even one picture fits beside what others compute: once more, alone.
    release_unused_memory(device_);
    finds = look_with(cache_.lease_alone(entry_.id), frames, read);
  }
  if (!finds && is_lost(device_))
    return fail(errc::worker_lost, "{} does nothing more for this process: {}", device(), finds.error().message);
  return finds;
}

void network::expect_workspace(std::int64_t a_picture) {
  auto known = workspace_a_picture_.load();
  while (known < a_picture && !workspace_a_picture_.compare_exchange_weak(known, a_picture)) {
  }
}

expected<std::vector<picture_finds>> network::look_with(const expected<model_lease>& lease,
                                                        std::span<const sampled_frame> frames, const reader& read) {
  if (!lease)
    return tl::unexpected{lease.error()};
  const auto& model = static_cast<const script_backing&>(lease->backing()).model();
  expected<std::vector<picture_finds>> finds;
  const memory_meter meter{device_};
  try {
    compute_scope scope{device_};
    const auto output = model.run(picture_batch(frames, input_, scope, model.dtype()));
    finds = output ? read(output->to(at::kFloat)) : tl::unexpected{output.error()};
    scope.wait(); // the weights are in use until here
    if (const auto seconds = scope.upload_seconds()) {
      const std::lock_guard lock{mutex_};
      upload_seconds_.record(*seconds);
    }
  } catch (const std::exception& thrown) {
    finds = tl::unexpected{libtorch_error(thrown)};
  }
  const auto pictures = static_cast<std::int64_t>(frames.size());
  expect_workspace((meter.peak_bytes() + pictures - 1) / pictures);
  if (device_.is_cuda())
    cache_.reconcile([this] { return memory_of(device_).allocated; });
  return finds;
}

histogram network::upload_seconds() const {
  const std::lock_guard lock{mutex_};
  return upload_seconds_;
}

std::string network::device() const {
  // A worker is shown its one GPU by UUID.
  const char* uuid = std::getenv("CUDA_VISIBLE_DEVICES");
  return device_.is_cuda() && uuid != nullptr ? fmt::format("cuda:{}", uuid) : device_.str();
}

std::string network::backend() const {
  return fmt::format("{} (torchscript, libtorch {})", entry_.id, libtorch_version());
}

} // namespace timeloom
