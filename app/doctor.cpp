#include "app/doctor.hpp"

#include "analyzers/text_overlay.hpp"
#include "app/console.hpp"
#include "app/model_plan.hpp"
#include "app/own_program.hpp"
#include "gpu_groups/memory_budget.hpp"
#include "gpu_groups/mps.hpp"
#include "gpu_groups/nvml.hpp"
#include "media/frame_source.hpp"
#include "model_cache/manifest.hpp"
#include "timeline/utf8.hpp"

#include <algorithm>
#include <caf/config.hpp>
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

double memory_gib() {
  std::ifstream meminfo{"/proc/meminfo"};
  std::string name, unit;
  double kib = 0;
  meminfo >> name >> kib >> unit;
  return kib / (1 << 20);
}

void tell_gpus() {
  say(stdout, "\nGPU (optional; models run faster on one)\n");
  const auto library = nvml::open();
  const auto devices = library ? library->devices() : tl::unexpected{library.error()};
  if (!devices) {
    row("NVIDIA", fmt::format("none found: {}", one_line(devices.error().message)));
  } else {
    row("driver", library->driver_version().value_or("unknown"));
    for (const auto& device : *devices)
      row(describe(device),
          device.unusable ? *device.unusable
                          : fmt::format("{}, {} free", bytes_text(device.total_bytes), bytes_text(device.free_bytes)));
    if (devices->empty())
      row("NVIDIA", "none offered");
  }
  const auto control = find_mps_control();
  row("NVIDIA MPS", control ? control->string() : one_line(control.error().message));
}

/// Whether the models that the user asks for can be used.
bool tell_models() {
  say(stdout, "\nModels (optional; object_detection, body_pose and background_segmentation need one each)\n");
  const auto worker = model_worker_program();
  std::error_code none;
  row("timeloom-model-worker",
      std::filesystem::exists(worker, none)
          ? worker
          : "not built; get it with: apt install libtorch-dev && scripts/build -DTIMELOOM_MODELS=ON");
  const auto path = manifest_path({});
  if (!std::filesystem::exists(path, none)) {
    row("models", fmt::format("none: there is no {}; see: timeloom models --help", one_line(path)));
    return true;
  }
  const auto models = load_manifest(path);
  if (!models) {
    row("models", one_line(models.error().message));
    return false;
  }
  row("models", fmt::format("{} in {}", models->models.size(), one_line(path)));
  bool all_there = true;
  for (const auto& one : models->models)
    if (!std::filesystem::is_regular_file(one.path, none)) {
      all_there = false;
      row(one.id, one_line(fmt::format("missing: {}{}", one.path, one.get.empty() ? "" : "; get it with: " + one.get)));
    }
  return all_there;
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

  tell_gpus();
  all_there &= tell_models();

  say(stdout, "\n{}\n", all_there ? "Everything that this version uses is there." : "Something is missing; see above.");
  return all_there ? exit_code::done : exit_code::failed;
}

} // namespace timeloom
