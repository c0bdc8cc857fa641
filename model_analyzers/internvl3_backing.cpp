#include "model_analyzers/internvl3_backing.hpp"

#include "models/libtorch.hpp"

#include <utility>

namespace timeloom {

internvl3_backing::internvl3_backing(engine_options options, std::int64_t expected_bytes)
    : options_(std::move(options)), load_bytes_(expected_bytes) {}

metric_set internvl3_backing::metrics() const {
  const std::lock_guard lock{mutex_};
  return engine_ ? engine_->metrics() : last_;
}

expected<std::int64_t> internvl3_backing::load() {
  auto made = internvl3_engine::create(options_);
  if (!made) {
    release_unused_memory(options_.device);
    return tl::unexpected{made.error()};
  }
  const std::lock_guard lock{mutex_};
  engine_ = std::move(*made);
  weight_bytes_ = engine_->weight_bytes();
  load_bytes_ = engine_->device_bytes();
  return load_bytes_;
}

expected<void> internvl3_backing::offload() {
  return engine_->copy_to_host();
}

expected<void> internvl3_backing::restore() {
  return engine_->return_to_device();
}

void internvl3_backing::drop_device() {
  if (!engine_ || !engine_->is_on_device())
    return;
  if (engine_->has_host_copy())
    engine_->leave_device();
  else
    end();
}

void internvl3_backing::drop_host() {
  if (!engine_)
    return;
  if (engine_->is_on_device())
    engine_->drop_host_copy();
  else
    end();
}

expected<std::uint64_t> internvl3_backing::check_value() {
  return engine_->check_value();
}

void internvl3_backing::end() {
  const std::lock_guard lock{mutex_};
  last_ = engine_->metrics();
  engine_.reset();
  release_unused_memory(options_.device);
}

} // namespace timeloom
