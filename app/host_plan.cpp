#include "app/host_plan.hpp"

#include "app/sibling_program.hpp"

#include <algorithm>
#include <thread>

namespace timeloom {

namespace {

constexpr int in_flight = 2;      // pictures of an analyzer: one is looked at while the next is on its way
constexpr int decoders_a_gpu = 4; // sessions that keep its NVDEC engines busy

int processor_cores() {
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

/// As many in software as the cores allow, and some for each GPU. The first one may use a GPU: what comes alone is
/// decoded by it, with whichever is faster. The next ones do not, so that the cores are used where many wait.
std::vector<media_link_options> plan_media_workers(const media_options& settings, std::optional<std::size_t> videos,
                                                   const model_plan& models) {
  auto gpus = models.devices;
  std::erase_if(gpus, [](const auto& gpu) { return gpu.unusable.has_value(); });
  const int cores = processor_cores();
  const int on_gpus = settings.decoder == decoder_choice::software ? 0 : decoders_a_gpu * static_cast<int>(gpus.size());
  // Decoding scales over a few threads; a worker for every four cores keeps them busy without a frame's memory each.
  const int in_software = settings.decoder == decoder_choice::nvdec && on_gpus > 0 ? 0 : std::max(1, (cores + 2) / 4);
  int workers = settings.workers.value_or(in_software + on_gpus);
  if (videos)
    workers = std::min(workers, static_cast<int>(*videos));
  std::vector<media_link_options> plan;
  std::size_t with_gpu = 0;
  for (int i = 0; i < workers; ++i) {
    media_link_options worker;
    worker.worker = {sibling_program(media_worker_program), {}, {}};
    if (on_gpus > 0 && (i == 0 || i > in_software)) {
      worker.decoder = settings.decoder == decoder_choice::nvdec ? decoder_rule::nvdec : decoder_rule::measured;
      worker.device = gpus[with_gpu++ % gpus.size()].uuid;
      worker.worker.environment = environment_on(models, worker.device);
    }
    const int sharing = std::clamp(in_software, 1, workers); // the cores
    worker.threads = settings.threads.value_or(std::max(2, cores / sharing + 1));
    worker.stall_timeout = std::chrono::seconds{settings.stall_timeout_s};
    plan.push_back(std::move(worker));
  }
  return plan;
}

} // namespace

int analysis_workers_on(int cores) {
  return std::max(std::min(cores, 2), cores / 2);
}

coordinator_options plan_host(const configuration& settings, std::optional<std::size_t> videos,
                              const model_plan& models) {
  coordinator_options options;
  options.frame_slots = settings.cpu_parallel.frame_slots;
  options.media = plan_media_workers(settings.media, videos, models);
  analysis_group cpu{.analyzers = {{"text_overlay", in_flight}, {"eye_tracking", in_flight}},
                     .workers = settings.cpu_parallel.workers.value_or(analysis_workers_on(processor_cores())),
                     .link = {}};
  for (const auto& [analyzer, reason] : models.without)
    cpu.analyzers[analyzer] = in_flight;
  cpu.link.worker = {sibling_program(analysis_worker_program), {}, {"OMP_THREAD_LIMIT=1", "OMP_NUM_THREADS=1"}};
  cpu.link.answer_timeout = std::chrono::seconds{settings.media.stall_timeout_s};
  options.analysis = models.groups;
  options.analysis.push_back(std::move(cpu));
  return options;
}

} // namespace timeloom
