/// The environment of a model worker, which must stand before the process starts: CUDA and libtorch read it once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace timeloom {

/// How a worker uses an MPS server (mps.hpp).
struct mps_client {
  std::filesystem::path pipe_directory;
  std::optional<int> active_thread_percentage;    ///< [1, 100] of the device's multiprocessors
  std::optional<std::int64_t> memory_limit_bytes; ///< of the whole process: its budget and its CUDA context
};

/// "NAME=value" for a worker on the device with `device_uuid`, a GPU's whole UUID; empty: on the cpu, where no GPU is
/// to be seen. The worker sees its device as number 0. Any thread.
std::vector<std::string> worker_environment(const std::string& device_uuid,
                                            const std::optional<mps_client>& mps = std::nullopt);

} // namespace timeloom
