// The part of models/libtorch.hpp that a libtorch without CUDA leaves.
#include "models/libtorch.hpp"

#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>

namespace timeloom {

bool has_cuda() {
  return false;
}

allocator_memory memory_of(c10::Device) {
  return {};
}

void limit_memory(c10::Device, std::int64_t) {}

void release_unused_memory(c10::Device) {}

std::optional<std::int64_t> free_memory(c10::Device) {
  return std::nullopt;
}

bool is_lost(c10::Device) {
  return false;
}

at::Tensor host_memory(std::int64_t elements, at::ScalarType dtype, c10::Device) {
  return at::empty({elements}, at::TensorOptions{dtype});
}

struct compute_scope::state {
  c10::NoGradGuard no_gradients;
};

compute_scope::compute_scope(c10::Device device) : device_(device), state_(std::make_unique<state>()) {}

compute_scope::~compute_scope() = default;

at::Tensor compute_scope::upload(const at::Tensor& host) {
  return host;
}

void compute_scope::wait() {}

std::optional<double> compute_scope::upload_seconds() const {
  return std::nullopt;
}

struct host_upload::state {};

host_upload::host_upload(c10::Device device) {
  TORCH_CHECK(false, "nothing is uploaded to ", device);
}

host_upload::~host_upload() = default;

void host_upload::copy(const at::Tensor&, std::span<const std::byte>) {}

} // namespace timeloom
