/// NVIDIA's Multi-Process Service (MPS): one control daemon for each GPU, shared by all processes of this user.
///
/// With it, kernels of several workers run on a GPU at once. It is an improvement and no need: whoever gets an error
/// here goes on without. A GPU's compute mode is never changed. The control program and its files are described in
/// docs.nvidia.com/deploy/mps, "Appendix: Tools and Interface Reference". Any thread; all but `mps_is_running` block.
#pragma once

#include "gpu_groups/mps_directories.hpp"

#include <chrono>

namespace timeloom {

/// nvidia-cuda-mps-control as found in PATH; `errc::not_found` with a sentence when it is not there.
expected<std::filesystem::path> find_mps_control();

/// Whether a control daemon uses these directories: its pipe is there, and the process that its pid file names lives.
bool mps_is_running(const mps_directories& directories);

/// Sees to it that the daemon of the GPU runs, for that GPU alone; where it runs already, nothing is done. Returns what
/// its clients need (worker_environment.hpp). It stays when this process ends; scripts/stop_mps.sh ends it.
expected<mps_directories> start_mps(const std::string& device_uuid,
                                    std::chrono::milliseconds timeout = std::chrono::seconds{10});

} // namespace timeloom
