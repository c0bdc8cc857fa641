// recorded_work of models/libtorch.hpp, with a libtorch 2.11 or later for CUDA.
#include "models/libtorch.hpp"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAStream.h>

namespace timeloom {

namespace cuda = c10::cuda;

struct recorded_work::state {
  at::cuda::CUDAGraph graph;
};

bool recorded_work::possible(c10::Device device) {
  return device.is_cuda();
}

recorded_work::recorded_work(const std::function<void()>& work, const recorded_work* beside)
    : state_(std::make_unique<state>()) {
  work(); // what libraries set up the first time must not be recorded
  cuda::getCurrentCUDAStream().synchronize();
  const auto pool = beside != nullptr ? beside->state_->graph.pool() : at::cuda::MempoolId_t{0, 0};
  cuda::CUDACachingAllocator::emptyCache(); // what it keeps cannot be given back while it records
  // Other threads go on using the device.
  state_->graph.capture_begin(pool, cudaStreamCaptureModeThreadLocal);
  try {
    work();
  } catch (...) {
    try {
      state_->graph.capture_end(); // else the stream would go on recording
    } catch (const c10::Error&) {  // a broken record: what broke it is told
    }
    throw;
  }
  state_->graph.capture_end();
}

void recorded_work::repeat() {
  state_->graph.replay();
}

recorded_work::~recorded_work() = default;

} // namespace timeloom
