#include "app/host_plan.hpp"

#include "app/media_rules.hpp"
#include "app/sibling_program.hpp"

#include <algorithm>
#include <thread>

namespace timeloom {

namespace {

constexpr int in_flight = 2; // pictures of an analyzer: one is looked at while the next is on its way

int processor_cores() {
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

std::vector<media_link_options> plan_media_workers(const media_options& settings, std::optional<std::size_t> videos,
                                                   const model_plan& models) {
  const auto gpus = usable(models.devices);
  auto rules = media_rules(settings, gpus, uses_gpus(models));
  rules.resize(std::min(rules.size(), videos.value_or(rules.size())));
  const auto on_gpus = static_cast<int>(std::count(rules.begin(), rules.end(), decoder_rule::nvdec));
  const int on_cores = static_cast<int>(rules.size()) - on_gpus;
  // What decodes on a GPU takes half a core for the rest.
  const int threads_each = std::max(0, processor_cores() - on_gpus / 2) / std::max(1, on_cores) + 1;
  std::vector<media_link_options> plan;
  std::size_t with_gpu = 0;
  for (const auto rule : rules) {
    media_link_options worker;
    worker.worker = {sibling_program(media_worker_program), {}, {}};
    worker.decoder = rule;
    if (rule != decoder_rule::software) {
      worker.device = gpus[with_gpu++ % gpus.size()].uuid;
      worker.worker.environment = environment_on(models, worker.device);
    }
    worker.threads = settings.threads.value_or(std::max(2, threads_each));
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
