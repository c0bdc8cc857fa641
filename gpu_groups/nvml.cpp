#include "gpu_groups/nvml.hpp"

#include "gpu_groups/visible_devices.hpp"

#include <array>
#include <cstdlib>
#include <dlfcn.h>

namespace timeloom {

namespace {

// NVML's own types, by its reference guide.
using nvml_return = int;
using nvml_handle = void*;

constexpr nvml_return nvml_success = 0;
constexpr nvml_return nvml_not_supported = 3;
constexpr nvml_return nvml_insufficient_size = 7;

constexpr int nvml_mode_prohibited = 2;
constexpr int nvml_mode_exclusive_thread = 1; // of drivers before 396; exclusive_process took its place
constexpr int nvml_mode_exclusive_process = 3;

struct nvml_memory {
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;
};

struct nvml_utilization {
  unsigned gpu;
  unsigned memory;
};

struct nvml_process {
  unsigned pid;
  unsigned long long used_bytes; // all bits set: not available
  unsigned gpu_instance;
  unsigned compute_instance;
};

} // namespace

struct nvml::library {
  void* handle = nullptr;
  bool initialised = false;

  nvml_return (*init)() = nullptr;
  nvml_return (*shutdown)() = nullptr;
  const char* (*error_string)(nvml_return) = nullptr;
  nvml_return (*driver_version)(char*, unsigned) = nullptr;
  nvml_return (*count)(unsigned*) = nullptr;
  nvml_return (*handle_by_index)(unsigned, nvml_handle*) = nullptr;
  nvml_return (*uuid)(nvml_handle, char*, unsigned) = nullptr;
  nvml_return (*name)(nvml_handle, char*, unsigned) = nullptr;
  nvml_return (*memory)(nvml_handle, nvml_memory*) = nullptr;
  nvml_return (*utilization)(nvml_handle, nvml_utilization*) = nullptr;
  nvml_return (*decoder_utilization)(nvml_handle, unsigned*, unsigned*) = nullptr;
  nvml_return (*mode)(nvml_handle, int*) = nullptr;
  nvml_return (*mig_mode)(nvml_handle, unsigned*, unsigned*) = nullptr;
  nvml_return (*processes)(nvml_handle, unsigned*, nvml_process*) = nullptr; // may be missing

  library() = default;
  library(const library&) = delete;
  library& operator=(const library&) = delete;
  ~library() {
    if (initialised)
      shutdown();
    if (handle != nullptr)
      ::dlclose(handle);
  }

  template <class F>
  bool find(const char* symbol, F*& function) {
    function = reinterpret_cast<F*>(::dlsym(handle, symbol));
    return function != nullptr;
  }

  /// The first function that is missing; null when none is.
  const char* find_all();

  tl::unexpected<error> failure(const std::string& what, nvml_return result) const {
    return fail(errc::io, "{}: {} (NVML {})", what, error_string(result), result);
  }

  expected<gpu_device> device(unsigned index) const;
  std::vector<gpu_process> list_processes(nvml_handle device, nvml_return& result) const;
};

const char* nvml::library::find_all() {
  const char* missing = nullptr;
  const auto want = [&](const char* symbol, auto*& function) {
    if (!find(symbol, function) && missing == nullptr)
      missing = symbol;
  };
  want("nvmlInit_v2", init);
  want("nvmlShutdown", shutdown);
  want("nvmlErrorString", error_string);
  want("nvmlSystemGetDriverVersion", driver_version);
  want("nvmlDeviceGetCount_v2", count);
  want("nvmlDeviceGetHandleByIndex_v2", handle_by_index);
  want("nvmlDeviceGetUUID", uuid);
  want("nvmlDeviceGetName", name);
  want("nvmlDeviceGetMemoryInfo", memory);
  want("nvmlDeviceGetUtilizationRates", utilization);
  want("nvmlDeviceGetDecoderUtilization", decoder_utilization);
  want("nvmlDeviceGetComputeMode", mode);
  want("nvmlDeviceGetMigMode", mig_mode);
  find("nvmlDeviceGetComputeRunningProcesses_v3", processes);
  return missing;
}

/// A fault of the device itself stands in `unusable`; without even a UUID there is only the error.
expected<gpu_device> nvml::library::device(unsigned index) const {
  nvml_handle handle_of_device = nullptr;
  std::array<char, 96> text{};
  auto result = handle_by_index(index, &handle_of_device);
  if (result == nvml_success)
    result = uuid(handle_of_device, text.data(), text.size());
  if (result != nvml_success)
    return failure(fmt::format("GPU {} does not answer", index), result);
  gpu_device device{.index = static_cast<int>(index), .uuid = text.data()};

  const auto refuse = [&](std::string why) {
    if (!device.unusable)
      device.unusable = std::move(why);
  };
  const auto ask = [&](const char* what, nvml_return answer) {
    if (answer != nvml_success)
      refuse(fmt::format("GPU {} does not tell its {}: {} (NVML {})", index, what, error_string(answer), answer));
    return answer == nvml_success;
  };
  if (ask("name", name(handle_of_device, text.data(), text.size())))
    device.name = text.data();
  if (nvml_memory bytes{}; ask("memory", memory(handle_of_device, &bytes))) {
    device.total_bytes = static_cast<std::int64_t>(bytes.total);
    device.free_bytes = static_cast<std::int64_t>(bytes.free);
  }
  if (int found = 0; ask("compute mode", mode(handle_of_device, &found))) {
    if (found == nvml_mode_prohibited) {
      device.mode = compute_mode::prohibited;
      refuse(fmt::format("GPU {} is closed to computing (compute mode \"prohibited\"); open it with: "
                         "nvidia-smi -i {} --compute-mode=DEFAULT",
                         index, index));
    } else if (found == nvml_mode_exclusive_process || found == nvml_mode_exclusive_thread) {
      device.mode = compute_mode::exclusive_process;
    }
  }
  unsigned current = 0, pending = 0;
  if (const auto answer = mig_mode(handle_of_device, &current, &pending); answer != nvml_not_supported)
    if (ask("MIG mode", answer) && current != 0)
      refuse(fmt::format("GPU {} is divided into slices (MIG), and timeloom uses whole GPUs; put it together with: "
                         "nvidia-smi -i {} --multi-instance-gpu=0",
                         index, index));
  return device;
}

std::vector<gpu_process> nvml::library::list_processes(nvml_handle device, nvml_return& result) const {
  std::vector<nvml_process> found(32);
  auto count_found = static_cast<unsigned>(found.size());
  result = processes(device, &count_found, found.data());
  for (int attempt = 0; result == nvml_insufficient_size && attempt < 4; ++attempt) {
    found.resize(count_found + 16); // more may start meanwhile
    count_found = static_cast<unsigned>(found.size());
    result = processes(device, &count_found, found.data());
  }
  std::vector<gpu_process> list;
  for (unsigned i = 0; result == nvml_success && i < count_found; ++i) {
    gpu_process process{.pid = static_cast<pid_t>(found[i].pid)};
    if (found[i].used_bytes != ~0ULL)
      process.used_bytes = static_cast<std::int64_t>(found[i].used_bytes);
    list.push_back(process);
  }
  return list;
}

nvml::nvml(std::unique_ptr<library> loaded) : library_(std::move(loaded)) {}
nvml::nvml(nvml&&) noexcept = default;
nvml& nvml::operator=(nvml&&) noexcept = default;
nvml::~nvml() = default;

expected<nvml> nvml::open(const std::string& path) {
  auto loaded = std::make_unique<library>();
  loaded->handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (loaded->handle == nullptr) {
    const char* why = ::dlerror();
    return fail(errc::not_found, "no NVIDIA driver here: {}", why != nullptr ? why : path);
  }
  if (const char* missing = loaded->find_all())
    return fail(errc::unsupported, "{} has no {}; the NVIDIA driver is too old", path, missing);
  if (const auto result = loaded->init(); result != nvml_success)
    return fail(errc::unsupported, "the NVIDIA driver does not start: {} (NVML {})", loaded->error_string(result),
                result);
  loaded->initialised = true;
  return nvml{std::move(loaded)};
}

expected<std::string> nvml::driver_version() const {
  std::array<char, 96> text{};
  if (const auto result = library_->driver_version(text.data(), text.size()); result != nvml_success)
    return library_->failure("the NVIDIA driver does not tell its version", result);
  return std::string{text.data()};
}

expected<std::vector<gpu_device>> nvml::devices() const {
  unsigned count = 0;
  if (const auto result = library_->count(&count); result != nvml_success)
    return library_->failure("the NVIDIA driver does not count its GPUs", result);
  std::vector<gpu_device> found;
  for (unsigned i = 0; i < count; ++i) {
    auto device = library_->device(i);
    found.push_back(device ? std::move(*device)
                           : gpu_device{.index = static_cast<int>(i), .unusable = std::move(device.error().message)});
  }
  const char* list = std::getenv("CUDA_VISIBLE_DEVICES");
  return visible_devices(std::move(found), list != nullptr ? std::optional<std::string_view>{list} : std::nullopt);
}

expected<gpu_load> nvml::load(const std::string& uuid) const {
  // By index, as the lookup by UUID refuses every one while one device is lost.
  unsigned count = 0;
  if (const auto result = library_->count(&count); result != nvml_success)
    return library_->failure("the NVIDIA driver does not count its GPUs", result);
  nvml_handle device = nullptr;
  for (unsigned i = 0; i < count && device == nullptr; ++i) {
    nvml_handle candidate = nullptr;
    std::array<char, 96> text{};
    if (library_->handle_by_index(i, &candidate) == nvml_success &&
        library_->uuid(candidate, text.data(), text.size()) == nvml_success && uuid == text.data())
      device = candidate;
  }
  if (device == nullptr)
    return fail(errc::not_found, "none of the {} GPUs here is {}", count, uuid);

  gpu_load load;
  nvml_memory memory{};
  if (const auto result = library_->memory(device, &memory); result != nvml_success)
    return library_->failure("no memory figures of " + uuid, result);
  load.used_bytes = static_cast<std::int64_t>(memory.used);

  nvml_utilization busy{};
  auto result = library_->utilization(device, &busy);
  if (result == nvml_success) {
    load.gpu_percent = static_cast<int>(busy.gpu);
    load.memory_percent = static_cast<int>(busy.memory);
  } else if (result != nvml_not_supported) {
    return library_->failure("no utilisation of " + uuid, result);
  }

  unsigned percent = 0, period_us = 0;
  result = library_->decoder_utilization(device, &percent, &period_us);
  if (result == nvml_success)
    load.decoder_percent = static_cast<int>(percent);
  else if (result != nvml_not_supported)
    return library_->failure("no decoder utilisation of " + uuid, result);

  if (library_->processes != nullptr) {
    auto list = library_->list_processes(device, result);
    if (result == nvml_success)
      load.processes = std::move(list);
  }
  return load;
}

} // namespace timeloom
