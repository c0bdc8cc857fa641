#include "app/statistics_watch.hpp"

#include "actors/caf_error.hpp"
#include "app/run_statistics.hpp"

#include <spdlog/spdlog.h>
#include <sstream>

namespace timeloom {

namespace {

constexpr auto sample_interval = std::chrono::milliseconds{200};
constexpr auto answer_patience = std::chrono::seconds{10}; // longer than the links'

void log_lines(const std::string& text) {
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);)
    spdlog::info("{}", line);
}

} // namespace

std::optional<gpu_sampler> sampler_of(const std::vector<gpu_device>& all) {
  const auto devices = usable(all);
  if (devices.empty())
    return std::nullopt;
  auto library = nvml::open();
  if (!library)
    return std::nullopt;
  return gpu_sampler{std::move(*library), devices};
}

statistics_watch_actor::behavior_type statistics_watch(statistics_watch_actor::pointer self,
                                                       statistics_watch_options options) {
  if (options.gpus != nullptr)
    self->send(self, check_atom_v);
  if (options.log_interval.count() > 0)
    self->delayed_send(self, options.log_interval, metrics_atom_v);
  return {
      [=](check_atom) {
        options.gpus->sample();
        self->delayed_send(self, sample_interval, check_atom_v);
      },
      [=](metrics_atom) {
        self->delayed_send(self, options.log_interval, metrics_atom_v);
        self->request(options.coordinator, answer_patience, metrics_atom_v)
            .then(
                [=](metrics_report& report) {
                  log_lines(statistics_table(
                      {std::move(report), options.gpus != nullptr ? options.gpus->usage() : std::vector<gpu_usage>{}}));
                },
                [](const caf::error& reason) { spdlog::warn("no statistics: {}", from_caf(reason).message); });
      },
  };
}

} // namespace timeloom
