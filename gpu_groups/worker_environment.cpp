#include "gpu_groups/worker_environment.hpp"

#include <fmt/format.h>

namespace timeloom {

std::vector<std::string> worker_environment(const std::string& device_uuid, const std::optional<mps_client>& mps) {
  std::vector<std::string> environment{
      "CUDA_VISIBLE_DEVICES=" + device_uuid,
      "CUDA_DEVICE_ORDER=PCI_BUS_ID",
      "CUDA_MODULE_LOADING=LAZY",
      // The first name is that of older libtorch, the second of newer.
      "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True",
      "PYTORCH_ALLOC_CONF=expandable_segments:True",
  };
  if (!mps)
    return environment;
  environment.push_back("CUDA_MPS_PIPE_DIRECTORY=" + mps->pipe_directory.string());
  if (mps->active_thread_percentage)
    environment.push_back(fmt::format("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE={}", *mps->active_thread_percentage));
  if (mps->memory_limit_bytes)
    environment.push_back(fmt::format("CUDA_MPS_PINNED_DEVICE_MEM_LIMIT=0={}M", *mps->memory_limit_bytes >> 20));
  return environment;
}

} // namespace timeloom
