#include "app/doctor.hpp"

#include "analyzers/text_overlay.hpp"
#include "app/console.hpp"
#include "media/frame_source.hpp"

#include <algorithm>
#include <caf/config.hpp>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <fmt/ranges.h>
#include <fstream>
#include <opencv2/core/version.hpp>
#include <string>
#include <thread>
#include <vector>

namespace timeloom {

namespace {

void row(std::string_view what, std::string_view found) {
  say(stdout, "  {:<22} {}\n", what, found);
}

bool is_on_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "";
  while (!rest.empty()) {
    const auto folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
    std::error_code none;
    if (std::filesystem::exists(std::filesystem::path{folder} / program, none))
      return true;
  }
  return false;
}

double memory_gib() {
  std::ifstream meminfo{"/proc/meminfo"};
  std::string name, unit;
  double kib = 0;
  meminfo >> name >> kib >> unit;
  return kib / (1 << 20);
}

/// Names of the NVIDIA GPUs, by NVML loaded at run time; empty without driver or device.
std::vector<std::string> gpu_names() {
  void* library = ::dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return {};
  const auto function = [&]<class F>(const char* name, F*& pointer) {
    pointer = reinterpret_cast<F*>(::dlsym(library, name));
    return pointer != nullptr;
  };
  int (*init)() = nullptr;
  int (*count_of)(unsigned*) = nullptr;
  int (*handle_of)(unsigned, void**) = nullptr;
  int (*name_of)(void*, char*, unsigned) = nullptr;
  std::vector<std::string> names;
  unsigned count = 0;
  if (function("nvmlInit_v2", init) && function("nvmlDeviceGetCount_v2", count_of) &&
      function("nvmlDeviceGetHandleByIndex_v2", handle_of) && function("nvmlDeviceGetName", name_of) && init() == 0 &&
      count_of(&count) == 0)
    for (unsigned i = 0; i < count; ++i) {
      void* device = nullptr;
      char name[96] = {};
      if (handle_of(i, &device) == 0 && name_of(device, name, sizeof name) == 0)
        names.emplace_back(name);
    }
  return names;
}

} // namespace

exit_code run_doctor() {
  say(stdout, "timeloom {}\n\nMachine\n", TIMELOOM_VERSION);
  row("processor cores", std::to_string(std::thread::hardware_concurrency()));
  row("memory", fmt::format("{:.1f} GiB", memory_gib()));

  say(stdout, "\nLibraries\n");
  for (const auto& version : media_library_versions())
    row(version.substr(0, version.find(' ')), version.substr(version.find(' ') + 1));
  row("OpenCV", CV_VERSION);
  row("CAF", fmt::format("{}.{}.{}", CAF_MAJOR_VERSION, CAF_MINOR_VERSION, CAF_PATCH_VERSION));
  row("Tesseract", tesseract_version().substr(10));

  say(stdout, "\nVideo decoders\n");
  bool all_there = true;
  for (const auto* codec : {"h264", "hevc", "vp9", "av1", "mpeg4"}) {
    const bool there = can_decode(codec);
    all_there &= there;
    row(codec, there ? "found" : "missing; get it with: apt install libavcodec-extra");
  }

  say(stdout, "\nText models (text_overlay)\n");
  const auto languages = tesseract_languages();
  row("languages", languages.empty() ? "none" : fmt::format("{}", fmt::join(languages, ", ")));
  if (std::find(languages.begin(), languages.end(), "eng") == languages.end()) {
    all_there = false;
    row("eng", "missing; get it with: apt install tesseract-ocr-eng");
  }

  say(stdout, "\nGPU (not used by this version)\n");
  const auto gpus = gpu_names();
  row("NVIDIA", gpus.empty() ? "none found" : fmt::format("{}", fmt::join(gpus, ", ")));
  row("NVIDIA MPS", is_on_path("nvidia-cuda-mps-control") ? "found" : "not found");
  row("NVDEC", "FFmpeg decodes on the processor");
  row("model files", "none needed");

  say(stdout, "\n{}\n", all_there ? "Everything that this version uses is there." : "Something is missing; see above.");
  return all_there ? exit_code::done : exit_code::failed;
}

} // namespace timeloom
