#include "model_analyzers/script_backing.hpp"

#include "models/libtorch.hpp"
#include "models/memory_meter.hpp"

#include <ATen/ATen.h>
#include <filesystem>

namespace timeloom {

script_backing::script_backing(model_entry entry, picture_size input, c10::Device device)
    : entry_(std::move(entry)), input_(input), device_(device) {
  std::error_code none;
  const auto size = std::filesystem::file_size(entry_.path, none);
  load_bytes_ = none ? 0 : static_cast<std::int64_t>(size);
}

expected<script_model> script_backing::load_as(at::ScalarType dtype) {
  const memory_meter loading{device_};
  auto model = script_model::load(entry_.path, device_, dtype);
  if (!model)
    return model;
  load_bytes_ = loading.peak_bytes();
  try {
    const memory_meter running{device_};
    // A first run, with nothing to see: it makes what the libraries make only once, and shows whether the numbers of
    // this dtype are enough for the network.
    compute_scope scope{device_};
    const auto output =
        model->run(at::zeros({1, 3, input_.height, input_.width}, at::TensorOptions{device_}.dtype(dtype)));
    if (!output)
      return tl::unexpected{output.error()};
    if (!output->isfinite().all().item<bool>())
      return fail(errc::unsupported, "{} gives no finite numbers in {}", entry_.id, c10::toString(dtype));
    workspace_bytes_ = running.peak_bytes();
  } catch (const std::exception& thrown) {
    return tl::unexpected{libtorch_error(thrown)};
  }
  return model;
}

expected<std::int64_t> script_backing::load() {
  if (auto sound = check_model_file(entry_); !sound)
    return tl::unexpected{sound.error()};
  const bool half = entry_.dtype != model_dtype::float32 && device_.is_cuda();
  auto model = load_as(half ? at::kHalf : at::kFloat);
  if (!model && half && entry_.dtype == model_dtype::automatic && model.error().code != errc::exhausted)
    model = load_as(at::kFloat);
  if (!model)
    return tl::unexpected{model.error()};
  model_ = std::move(*model);
  release_unused_memory(device_); // which the loading took on its way
  return model_->bytes();
}

expected<void> script_backing::offload() {
  return model_->copy_to_host();
}

expected<void> script_backing::restore() {
  return model_->return_to_device();
}

void script_backing::drop_device() {
  if (model_ && model_->has_host_copy())
    model_->leave_device();
  else
    model_.reset();
  release_unused_memory(device_);
}

void script_backing::drop_host() {
  if (model_ && model_->is_on_device())
    model_->drop_host_copy();
  else
    model_.reset();
}

std::int64_t script_backing::expected_load_bytes() const {
  return load_bytes_;
}

expected<std::uint64_t> script_backing::check_value() {
  return model_->check_value();
}

} // namespace timeloom
