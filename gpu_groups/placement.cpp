#include "gpu_groups/placement.hpp"

#include "core/bytes_text.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace timeloom {

namespace {

struct batch_start {
  std::string_view analyzer;
  int frames;
};

constexpr std::array<batch_start, 4> batch_starts{{
    {"object_detection", 64}, {"background_segmentation", 8}, {"body_pose", 16}, {"scene_caption", 24}, // questions
}};
constexpr int other_batch_start = 16;

std::int64_t least_bytes(std::span<const model_load> loads) {
  return std::accumulate(loads.begin(), loads.end(), std::int64_t{0},
                         [](std::int64_t sum, const auto& load) { return sum + load.least_bytes(); });
}

planned_analyzer sized(const model_load& load, int batch) {
  return {load.analyzer, batch, load.weight_bytes + load.workspace_bytes_per_frame * batch, {}};
}

/// `loads`, all in memory at once, with the largest batches that keep to `budget`: while they do not fit, the one with
/// the largest workspace is halved. With batches of 1 they fit.
std::vector<planned_analyzer> size_together(std::span<const model_load> loads, std::int64_t budget) {
  std::vector<planned_analyzer> planned;
  std::int64_t sum = 0;
  for (const auto& load : loads) {
    planned.push_back(sized(load, starting_batch(load.analyzer, budget)));
    sum += planned.back().bytes;
  }
  while (sum > budget) {
    std::size_t largest = loads.size();
    std::int64_t most = 0;
    for (std::size_t i = 0; i < loads.size(); ++i)
      if (const auto workspace = planned[i].bytes - loads[i].weight_bytes;
          planned[i].batch_size > 1 && workspace > most) {
        largest = i;
        most = workspace;
      }
    if (largest == loads.size())
      break;
    sum -= planned[largest].bytes;
    planned[largest] = sized(loads[largest], planned[largest].batch_size / 2);
    sum += planned[largest].bytes;
  }
  return planned;
}

worker_plan on_cpu(std::vector<planned_analyzer> analyzers) {
  return {.group = "cpu", .analyzers = std::move(analyzers)};
}

planned_analyzer left_to_cpu(const model_load& load, std::string reason) {
  auto planned = sized(load, 1); // a batch makes a processor no faster
  planned.reason = std::move(reason);
  return planned;
}

/// A device in `place`.
struct room {
  const gpu_device* device = nullptr;
  std::int64_t budget = 0;
  std::int64_t left = 0;
  double busy = 0; ///< device seconds for a second of video
  std::vector<model_load> loads;

  void take(const model_load& load) {
    left -= load.least_bytes();
    busy += load.seconds_per_video_second;
    loads.push_back(load);
  }
};

/// One set of `loads`, in their order, over those of `rooms` that are empty; the loads that found no place.
std::vector<model_load> pack(std::span<const model_load> loads, std::vector<room>& rooms) {
  std::vector<room*> open;
  for (auto& each : rooms)
    if (each.loads.empty())
      open.push_back(&each);
  std::vector<model_load> homeless;
  for (const auto& load : loads) {
    room* best = nullptr;
    for (auto* each : open)
      if (each->left >= load.least_bytes() && (best == nullptr || each->busy < best->busy))
        best = each;
    if (best != nullptr)
      best->take(load);
    else
      homeless.push_back(load);
  }
  return homeless;
}

double work(std::span<const model_load> loads) {
  return std::accumulate(loads.begin(), loads.end(), 0.,
                         [](double sum, const auto& load) { return sum + load.seconds_per_video_second; });
}

/// The first set of models over all rooms, which are empty: the longest first; if that leaves something out, the
/// largest first, if that leaves less work out.
std::vector<model_load> pack_first(std::span<const model_load> longest_first, std::vector<room>& rooms) {
  const auto empty = rooms;
  auto homeless = pack(longest_first, rooms);
  if (homeless.empty())
    return homeless;
  std::vector<model_load> largest_first{longest_first.begin(), longest_first.end()};
  std::stable_sort(largest_first.begin(), largest_first.end(),
                   [](const auto& a, const auto& b) { return a.least_bytes() > b.least_bytes(); });
  auto other_rooms = empty;
  auto other_homeless = pack(largest_first, other_rooms);
  if (work(other_homeless) < work(homeless)) {
    rooms = std::move(other_rooms);
    homeless = std::move(other_homeless);
  }
  return homeless;
}

std::string why_homeless(const model_load& load, std::span<const room> rooms) {
  if (rooms.empty())
    return "this host has no GPU that can be used";
  const auto& most =
      *std::max_element(rooms.begin(), rooms.end(), [](const auto& a, const auto& b) { return a.left < b.left; });
  return fmt::format("it needs {}, and no GPU has more than {} left", bytes_text(load.least_bytes()),
                     bytes_text(std::max<std::int64_t>(most.left, 0)));
}

} // namespace

int starting_batch(std::string_view analyzer, std::int64_t budget_bytes) {
  const auto* const own = std::find_if(batch_starts.begin(), batch_starts.end(),
                                       [&](const auto& start) { return start.analyzer == analyzer; });
  const int frames = own != batch_starts.end() ? own->frames : other_batch_start;
  constexpr std::int64_t gigabyte = 1'000'000'000;
  const int divisor = budget_bytes < 8 * gigabyte ? 4 : budget_bytes < 16 * gigabyte ? 2 : 1;
  return std::max(1, frames / divisor);
}

std::vector<worker_plan> place(std::span<const model_load> loads, std::span<const gpu_device> devices,
                               const device_overhead& overhead) {
  std::vector<room> rooms;
  for (const auto& device : devices) {
    if (device.unusable)
      continue;
    const auto budget = std::min(usable_bytes(device), device.free_bytes) - overhead.reserve_bytes -
                        overhead.decoding_bytes - overhead.context_bytes;
    rooms.push_back({.device = &device, .budget = budget, .left = budget});
  }

  bool any_complete = false;
  for (auto& each : rooms)
    if (least_bytes(loads) <= each.budget) {
      any_complete = true;
      for (const auto& load : loads)
        each.take(load);
    }

  std::vector<model_load> longest_first{loads.begin(), loads.end()};
  std::stable_sort(longest_first.begin(), longest_first.end(), [](const auto& a, const auto& b) {
    return a.seconds_per_video_second > b.seconds_per_video_second;
  });
  std::vector<planned_analyzer> cpu;
  if (!any_complete)
    for (const auto& load : pack_first(longest_first, rooms))
      cpu.push_back(left_to_cpu(load, why_homeless(load, rooms)));
  // Each round fills a device or changes nothing.
  for (std::size_t round = 0; round < rooms.size(); ++round)
    pack(longest_first, rooms);

  std::vector<worker_plan> plans;
  for (const auto& each : rooms)
    if (!each.loads.empty())
      plans.push_back({.group = "auto",
                       .device_uuid = each.device->uuid,
                       .analyzers = size_together(each.loads, each.budget),
                       .budget_bytes = each.budget});
  if (!cpu.empty())
    plans.push_back(on_cpu(std::move(cpu)));
  return plans;
}

expected<std::vector<worker_plan>> place(std::span<const gpu_group> groups, std::span<const model_load> loads,
                                         std::span<const gpu_device> devices, const device_overhead& overhead) {
  const auto workers = resolve(groups, devices, overhead);
  if (!workers)
    return tl::unexpected{workers.error()};
  const auto is_known = [&](const std::string& analyzer) {
    return std::any_of(loads.begin(), loads.end(), [&](const auto& load) { return load.analyzer == analyzer; });
  };
  const auto has = [](const std::vector<std::string>& analyzers, const std::string& analyzer) {
    return std::find(analyzers.begin(), analyzers.end(), analyzer) != analyzers.end();
  };

  std::vector<worker_plan> plans;
  for (const auto& worker : *workers) {
    std::vector<model_load> own;
    for (const auto& load : loads)
      if (has(worker.analyzers, load.analyzer)) {
        if (load.least_bytes() > worker.budget_bytes)
          return fail(errc::invalid_config,
                      "the GPU group {} has a memory budget of {} on {}, but {} needs {} for its weights and {} for a "
                      "frame",
                      worker.group, bytes_text(worker.budget_bytes), describe(worker.device), load.analyzer,
                      bytes_text(load.weight_bytes), bytes_text(load.workspace_bytes_per_frame));
        own.push_back(load);
      }
    if (own.empty())
      continue;
    worker_plan plan{.group = worker.group,
                     .device_uuid = worker.device.uuid,
                     .budget_bytes = worker.budget_bytes,
                     .replicas = worker.replicas,
                     .active_thread_percentage = worker.active_thread_percentage};
    if (least_bytes(own) <= worker.budget_bytes)
      plan.analyzers = size_together(own, worker.budget_bytes);
    else
      for (const auto& load : own)
        plan.analyzers.push_back(size_together({&load, 1}, worker.budget_bytes).front());
    plans.push_back(std::move(plan));
  }

  std::vector<planned_analyzer> cpu;
  for (const auto& group : groups)
    for (const auto& analyzer : group.analyzers)
      if (!is_known(analyzer))
        cpu.push_back({.analyzer = analyzer, .reason = "it has no model for the GPU group " + group.name});
  for (const auto& load : loads)
    if (std::none_of(groups.begin(), groups.end(),
                     [&](const auto& group) { return has(group.analyzers, load.analyzer); }))
      cpu.push_back(left_to_cpu(load, "it stands in no GPU group"));
  if (!cpu.empty())
    plans.push_back(on_cpu(std::move(cpu)));
  return plans;
}

} // namespace timeloom
