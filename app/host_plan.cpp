#include "app/host_plan.hpp"

#include "app/own_program.hpp"

#include <algorithm>
#include <thread>

namespace timeloom {

coordinator_options plan_host(const configuration& settings, std::optional<std::size_t> videos,
                              std::vector<analysis_group> models) {
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  coordinator_options options;
  // Decoding scales over a few threads; a worker for every four cores keeps them busy without a frame's memory each.
  options.media_workers = settings.media.workers.value_or(std::max(1, (cores + 2) / 4));
  if (videos)
    options.media_workers = std::min(options.media_workers, static_cast<int>(*videos));
  options.frame_slots = settings.cpu_parallel.frame_slots;
  options.media.worker = {own_program(), {"--worker", "media"}, {}};
  options.media.threads = settings.media.threads.value_or(std::max(2, cores / options.media_workers + 1));
  options.media.stall_timeout = std::chrono::seconds{settings.media.stall_timeout_s};
  analysis_group cpu{.analyzers = {{"text_overlay", 2}}, // one is read while the next is on its way
                     .workers = settings.cpu_parallel.workers.value_or(std::max(1, cores / 2)),
                     .link = {}};
  cpu.link.worker = {own_program(), {"--worker", "analysis"}, {"OMP_THREAD_LIMIT=1", "OMP_NUM_THREADS=1"}};
  options.analysis = std::move(models);
  options.analysis.push_back(std::move(cpu));
  for (auto& group : options.analysis)
    group.link.answer_timeout = std::chrono::seconds{settings.media.stall_timeout_s};
  return options;
}

} // namespace timeloom
