#include "app/doctor.hpp"

#include "app/console.hpp"
#include "app/daemon_contact.hpp"
#include "app/model_plan.hpp"
#include "app/sibling_program.hpp"
#include "core/bytes_text.hpp"
#include "gpu_groups/mps.hpp"
#include "gpu_groups/nvml.hpp"
#include "gpu_groups/program_run.hpp"
#include "model_cache/manifest.hpp"
#include "timeline/utf8.hpp"

#include <caf/config.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace timeloom {

namespace {

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
    tell("NVIDIA", fmt::format("none found: {}", one_line(devices.error().message)));
  } else {
    tell("driver", library->driver_version().value_or("unknown"));
    for (const auto& device : *devices)
      tell(describe(device),
           device.unusable ? *device.unusable
                           : fmt::format("{}, {} free", bytes_text(device.total_bytes), bytes_text(device.free_bytes)));
    if (devices->empty())
      tell("NVIDIA", "none offered");
  }
  const auto control = find_mps_control();
  tell("NVIDIA MPS", control ? control->string() : one_line(control.error().message));
}

/// The libraries are the worker's own: this program does not load them. Whether nothing is missing.
bool let_worker_tell(std::string_view program) {
  const auto told = run_program(sibling_program(program), {"--doctor"}, {}, {}, std::chrono::seconds{30});
  if (!told) {
    tell(program, one_line(told.error().message));
    return false;
  }
  say(stdout, "{}", told->output);
  return told->status == 0;
}

/// Whether the models that the user asks for can be used.
bool tell_models() {
  say(stdout,
      "\nModels (optional; body_pose and scene_caption need one; without, object_detection finds only people, and "
      "background_segmentation only what moves)\n");
  const auto worker = sibling_program(model_worker_program);
  std::error_code none;
  tell(model_worker_program,
       std::filesystem::exists(worker, none)
           ? worker
           : "not built; get it with: apt install libtorch-dev && scripts/build -DTIMELOOM_MODELS=ON");
  const auto path = manifest_path({});
  if (!std::filesystem::exists(path, none)) {
    tell("models", fmt::format("none: there is no {}; see: timeloom models --help", one_line(path)));
    return true;
  }
  const auto models = load_manifest(path);
  if (!models) {
    tell("models", one_line(models.error().message));
    return false;
  }
  tell("models", fmt::format("{} in {}", models->models.size(), one_line(path)));
  bool all_there = true;
  for (const auto& one : models->models)
    if (const auto found = find_model_file(one); !found) {
      all_there = false;
      tell(one.id, one_line("missing: " + found.error().message));
    }
  return all_there;
}

} // namespace

exit_code run_doctor() {
  say(stdout, "timeloom {}\n\nMachine\n", TIMELOOM_VERSION);
  tell("processor cores", std::to_string(std::thread::hardware_concurrency()));
  tell("memory", fmt::format("{:.1f} GiB", memory_gib()));

  tell("CAF", fmt::format("{}.{}.{}", CAF_MAJOR_VERSION, CAF_MINOR_VERSION, CAF_PATCH_VERSION));
  bool all_there = true;
  for (const auto program : {media_worker_program, analysis_worker_program, render_worker_program})
    all_there &= let_worker_tell(program);
  tell_gpus();
  say(stdout, "\nDaemon (optional; keeps models warm, and watches folders)\n");
  const auto daemon = find_daemon({});
  tell("timeloom daemon", daemon                                   ? "runs at " + one_line(daemon->url)
                          : daemon.error().code == errc::not_found ? "none runs; see: timeloom daemon --help"
                                                                   : one_line(daemon.error().message));
  all_there &= tell_models();

  say(stdout, "\n{}\n", all_there ? "Everything that this version uses is there." : "Something is missing; see above.");
  return all_there ? exit_code::done : exit_code::failed;
}

} // namespace timeloom
