#include "gpu_groups/mps.hpp"

#include "gpu_groups/program_run.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace timeloom {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::string_view control_name = "nvidia-cuda-mps-control";

std::vector<std::string> environment_for(const mps_directories& directories, const std::string& device_uuid) {
  return {"CUDA_VISIBLE_DEVICES=" + device_uuid, "CUDA_MPS_PIPE_DIRECTORY=" + directories.pipe.string(),
          "CUDA_MPS_LOG_DIRECTORY=" + directories.log.string()};
}

bool wait_until_running(const mps_directories& directories, clock::time_point deadline) {
  while (!mps_is_running(directories)) {
    if (clock::now() >= deadline)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

/// What a program said, for a sentence.
std::string words_of(const program_run& run) {
  auto words = run.output.substr(0, run.output.find_last_not_of(" \n") + 1);
  std::replace(words.begin(), words.end(), '\n', ' ');
  return words.empty() ? "it gave no reason" : words;
}

} // namespace

expected<std::filesystem::path> find_mps_control() {
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "";
  while (!rest.empty()) {
    const auto folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
    auto program = std::filesystem::path{folder} / control_name;
    struct stat found {};
    if (!folder.empty() && ::stat(program.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
        ::access(program.c_str(), X_OK) == 0)
      return program;
  }
  return fail(errc::not_found, "MPS is not used: {} is not in PATH; it comes with the NVIDIA driver", control_name);
}

bool mps_is_running(const mps_directories& directories) {
  std::error_code none;
  if (!std::filesystem::exists(directories.pipe / "control", none))
    return false;
  pid_t pid = 0;
  if (!(std::ifstream{directories.pipe / "nvidia-cuda-mps-control.pid"} >> pid) || pid <= 0)
    return false;
  // A daemon that was killed leaves its files, and its number may be another program's by now. The kernel keeps 15
  // characters of a name.
  std::string name;
  std::getline(std::ifstream{fmt::format("/proc/{}/comm", pid)}, name);
  return name == control_name.substr(0, 15);
}

expected<mps_directories> start_mps(const std::string& device_uuid, std::chrono::milliseconds timeout) {
  const auto deadline = clock::now() + timeout;
  auto directories = mps_directories_of(device_uuid);
  if (!directories)
    return directories;
  if (auto made = make_mps_directories(*directories); !made)
    return tl::unexpected{made.error()};
  if (mps_is_running(*directories))
    return directories;
  const auto control = find_mps_control();
  if (!control)
    return tl::unexpected{control.error()};
  const auto run = run_program(*control, {"-d"}, environment_for(*directories, device_uuid), "", timeout);
  if (!run)
    return tl::unexpected{run.error()};
  // It may fail because another process of ours has started it at the same moment.
  if (run->status != 0 && !mps_is_running(*directories))
    return fail(errc::io, "MPS for {} does not start: {} -d ended with status {}: {}", device_uuid, control->string(),
                run->status, words_of(*run));
  if (!wait_until_running(*directories, deadline))
    return fail(errc::timeout, "MPS for {} was started, but is not there after {} ms; see {}", device_uuid,
                timeout.count(), directories->log.string());
  return directories;
}

} // namespace timeloom
