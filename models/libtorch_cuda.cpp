// The part of models/libtorch.hpp that a libtorch with CUDA gives.
#include "models/libtorch.hpp"

#include <ATen/cuda/CUDAEvent.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <algorithm>
#include <c10/core/GradMode.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cstring>
#include <optional>
#include <sys/mman.h>
#include <thread>
#include <torch/version.h>
#include <utility>
#include <vector>

namespace timeloom {

namespace cuda = c10::cuda;

bool has_cuda() {
  return cuda::device_count() > 0;
}

allocator_memory memory_of(c10::Device device) {
  if (!device.is_cuda())
    return {};
  const auto stats = cuda::CUDACachingAllocator::getDeviceStats(device.index());
  constexpr auto all = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  return {.allocated = stats.allocated_bytes[all].current,
          .reserved = stats.reserved_bytes[all].current,
          .fragmented = stats.inactive_split_bytes[all].current,
          .peak = stats.allocated_bytes[all].peak};
}

void limit_memory(c10::Device device, std::int64_t bytes) {
  if (!device.is_cuda())
    return;
  const cuda::CUDAGuard guard{device};
  at::empty({1}, at::TensorOptions{device}); // the allocator is made with the first tensor
  std::size_t free = 0, total = 0;
  if (cudaMemGetInfo(&free, &total) == cudaSuccess && total > 0)
    cuda::CUDACachingAllocator::setMemoryFraction(
        std::clamp(static_cast<double>(bytes) / static_cast<double>(total), 0.0, 1.0), device.index());
}

void release_unused_memory(c10::Device device) {
  if (device.is_cuda())
    cuda::CUDACachingAllocator::emptyCache();
}

std::optional<std::int64_t> free_memory(c10::Device device) {
  if (!device.is_cuda())
    return std::nullopt;
  const cuda::CUDAGuard guard{device};
  std::size_t free = 0, total = 0;
  if (cudaMemGetInfo(&free, &total) != cudaSuccess)
    return std::nullopt;
  const auto held = memory_of(device);
  auto most = static_cast<std::int64_t>(free) + held.reserved;
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 11)
  const auto fraction = cuda::CUDACachingAllocator::getMemoryFraction(device.index());
  most = std::min(most, static_cast<std::int64_t>(fraction * static_cast<double>(total)));
#endif
  return most - held.allocated;
}

bool is_lost(c10::Device device) {
  if (!device.is_cuda())
    return false;
  std::size_t free = 0, total = 0; // after such a fault every call gives its error
  return cudaMemGetInfo(&free, &total) != cudaSuccess;
}

at::Tensor host_memory(std::int64_t elements, at::ScalarType dtype, c10::Device device) {
  if (!device.is_cuda())
    return at::empty({elements}, at::TensorOptions{dtype});
  const cuda::CUDAGuard guard{device};
  const auto bytes = static_cast<std::size_t>(elements) * c10::elementSize(dtype);
  void* const place = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  TORCH_CHECK(place != MAP_FAILED, "can't allocate memory: ", bytes, " bytes on the host");
  (void)::madvise(place, bytes, MADV_HUGEPAGE); // large pages are pinned sooner
  const auto failed = cudaHostRegister(place, bytes, cudaHostRegisterPortable);
  if (failed != cudaSuccess) {
    ::munmap(place, bytes);
    C10_CUDA_CHECK(failed);
  }
  const auto give_back = [bytes](void* from) {
    (void)cudaHostUnregister(from);
    ::munmap(from, bytes);
  };
  return at::from_blob(place, {elements}, give_back, at::TensorOptions{dtype});
}

struct compute_scope::state {
  c10::NoGradGuard no_gradients;
  std::optional<cuda::CUDAStreamGuard> guard;
  std::optional<cuda::CUDAStream> stream;
  std::vector<std::pair<at::cuda::CUDAEvent, at::cuda::CUDAEvent>> uploads; ///< start and end
};

compute_scope::compute_scope(c10::Device device) : device_(device), state_(std::make_unique<state>()) {
  if (!device.is_cuda())
    return;
  // One for the thread's whole life: the allocator keeps the memory of each stream apart.
  static thread_local const auto stream = cuda::getStreamFromPool(false, device.index());
  state_->stream = stream;
  state_->guard.emplace(*state_->stream);
}

compute_scope::~compute_scope() = default;

at::Tensor compute_scope::upload(const at::Tensor& host) {
  if (!state_->stream)
    return host;
  // Marks on the stream: nobody waits for them.
  std::pair marks{at::cuda::CUDAEvent{cudaEventDefault}, at::cuda::CUDAEvent{cudaEventDefault}};
  marks.first.record(*state_->stream);
  auto there = host.to(device_, /*non_blocking=*/true);
  marks.second.record(*state_->stream);
  state_->uploads.push_back(std::move(marks));
  return there;
}

void compute_scope::wait() {
  if (state_->stream)
    state_->stream->synchronize();
}

std::optional<double> compute_scope::upload_seconds() const {
  if (state_->uploads.empty())
    return std::nullopt;
  double milliseconds = 0;
  for (const auto& [start, end] : state_->uploads)
    milliseconds += start.elapsed_time(end);
  return milliseconds / 1000;
}

struct host_upload::state {
  static constexpr std::size_t buffer_bytes = std::size_t{32} << 20;
  static constexpr std::size_t buffers = 4;

  explicit state(c10::Device device) : stream(cuda::getCurrentCUDAStream(device.index())) {}

  cuda::CUDAStream stream;
  std::vector<std::pair<at::Tensor, at::cuda::CUDAEvent>> ring; // each with the end of its last journey
  std::size_t next = 0;
};

namespace {

/// One core neither reads nor faults pages in as fast as the bus takes them.
void copy_with_threads(std::byte* to, std::span<const std::byte> from) {
  constexpr std::size_t a_thread = std::size_t{4} << 20;
  std::vector<std::jthread> others;
  for (; from.size() > a_thread; from = from.subspan(a_thread), to += a_thread)
    others.emplace_back([to, part = from.first(a_thread)] { std::memcpy(to, part.data(), part.size()); });
  std::memcpy(to, from.data(), from.size());
}

} // namespace

host_upload::host_upload(c10::Device device) : state_(std::make_unique<state>(device)) {
  const auto pinned = at::TensorOptions{at::kByte}.pinned_memory(true);
  for (std::size_t i = 0; i < state::buffers; ++i)
    state_->ring.emplace_back(at::empty({static_cast<std::int64_t>(state::buffer_bytes)}, pinned),
                              at::cuda::CUDAEvent{});
}

host_upload::~host_upload() {
  (void)cudaStreamSynchronize(state_->stream); // what failed is told by the next call
}

void host_upload::copy(const at::Tensor& to, std::span<const std::byte> from) {
  const cuda::CUDAGuard guard{to.device()};
  auto* there = static_cast<std::byte*>(to.data_ptr());
  while (!from.empty()) {
    const auto part = from.first(std::min(from.size(), state::buffer_bytes));
    auto& [buffer, on_its_way] = state_->ring[state_->next++ % state::buffers];
    on_its_way.synchronize();
    auto* const staged = static_cast<std::byte*>(buffer.data_ptr());
    copy_with_threads(staged, part);
    C10_CUDA_CHECK(cudaMemcpyAsync(there, staged, part.size(), cudaMemcpyHostToDevice, state_->stream));
    on_its_way.record(state_->stream);
    there += part.size();
    from = from.subspan(part.size());
  }
}

} // namespace timeloom
