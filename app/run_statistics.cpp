#include "app/run_statistics.hpp"

#include "actors/metrics_json.hpp"
#include "core/bytes_text.hpp"
#include "timeline/utf8.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace timeloom {

namespace {

constexpr double gib = 1 << 30;

enum class unit : std::uint8_t { none, bytes, seconds };

/// A metric's name in words, without its unit.
struct plain_name {
  std::string words;
  unit measured = unit::none;
};

plain_name plain(std::string_view name, std::string_view label = {}) {
  const auto strip = [&](std::string_view end) {
    const bool found = name.ends_with(end);
    if (found)
      name.remove_suffix(end.size());
    return found;
  };
  if (name.starts_with("timeloom_"))
    name.remove_prefix(9);
  strip("_total");
  plain_name made;
  made.measured = strip("_bytes") ? unit::bytes : strip("_seconds") ? unit::seconds : unit::none;
  made.words = name;
  std::replace(made.words.begin(), made.words.end(), '_', ' ');
  if (!label.empty())
    made.words += fmt::format(", {}", label);
  return made;
}

/// With three digits or more.
std::string short_number(double value) {
  const int decimals = value == std::floor(value) || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return fmt::format("{:.{}f}", value, decimals);
}

/// Those of one label together.
std::string summary_lines(std::vector<metric_summary> summaries) {
  std::ranges::stable_sort(summaries, {}, &metric_summary::label);
  std::string text, label;
  for (const auto& one : summaries) {
    if (one.count == 0)
      continue;
    if (text.empty() || label != one.label)
      text += fmt::format("  {:<28}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}\n", label = one.label, "count", "mean", "p50", "p90",
                          "p95", "p99");
    const auto [words, measured] = plain(one.name);
    const double scale = measured == unit::seconds ? 1e3 : measured == unit::bytes ? 1.0 / (1 << 20) : 1;
    const auto in_unit = measured == unit::seconds ? ", ms" : measured == unit::bytes ? ", MiB" : "";
    text += fmt::format("    {:<26}{:>8}{:>8}", words + in_unit, one.count,
                        short_number(scale * one.sum / static_cast<double>(one.count)));
    for (const double value : one.quantiles)
      text += fmt::format("{:>8}", short_number(scale * value));
    text += '\n';
  }
  return text;
}

/// Counts, bytes and seconds of one thing share a line.
std::string value_lines(const std::vector<metric>& values) {
  struct row {
    std::string words;
    std::optional<double> count, bytes, seconds;
  };
  std::vector<row> rows;
  for (const auto& one : values) {
    if (one.name == worker_losses_metric)
      continue;
    const auto [words, measured] = plain(one.name, one.label);
    auto same =
        std::find_if(rows.begin(), rows.end(), [&words = words](const auto& row) { return row.words == words; });
    if (same == rows.end())
      same = rows.insert(rows.end(), {words, {}, {}, {}});
    (measured == unit::bytes ? same->bytes : measured == unit::seconds ? same->seconds : same->count) = one.value;
  }
  std::erase_if(rows, [](const auto& row) {
    return row.count.value_or(0) == 0 && row.bytes.value_or(0) == 0 && row.seconds.value_or(0) == 0;
  });
  if (rows.empty())
    return {};
  auto text = fmt::format("  {:<38}{:>10}{:>14}{:>12}\n", "", "count", "size", "seconds");
  for (const auto& row : rows) {
    text += fmt::format("  {:<38}{:>10}{:>14}{:>12}", row.words, row.count ? short_number(*row.count) : "",
                        row.bytes ? bytes_text(static_cast<std::int64_t>(*row.bytes)) : "",
                        row.seconds ? fmt::format("{:.2f}", *row.seconds) : "");
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

std::string worker_lines(const worker_metrics& worker) {
  std::string text;
  if (!worker.problem.empty())
    text += fmt::format("  gave no figures: {}\n", one_line(worker.problem));
  for (const auto& one : worker.metrics.values)
    if (one.name == worker_losses_metric && one.value > 0)
      text += fmt::format("  workers lost before, with what they had counted: {:.0f}\n", one.value);
  text += summary_lines(worker.metrics.summaries) + value_lines(worker.metrics.values);
  return text.empty() ? text : worker.worker + '\n' + text;
}

std::string gpu_lines(const std::vector<gpu_usage>& gpus) {
  if (gpus.empty())
    return {};
  auto text = fmt::format("{:<32}{:>16}{:>16}{:>16}\n{:<32}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}\n", "", "busy, %", "NVDEC, %",
                          "memory, GiB", "", "mean", "most", "mean", "most", "mean", "most");
  for (const auto& gpu : gpus) {
    text += fmt::format("{:<32}", describe(gpu.device));
    const auto add = [&](const sampled_figure& figure, double scale, int decimals) {
      for (const double value : {figure.mean(), figure.largest})
        text += figure.samples == 0 ? fmt::format("{:>8}", "-") : fmt::format("{:>8.{}f}", value / scale, decimals);
    };
    add(gpu.gpu_percent, 1, 0);
    add(gpu.decoder_percent, 1, 0);
    add(gpu.used_bytes, gib, 1);
    text += '\n';
    if (gpu.problem)
      text += fmt::format("  {}\n", one_line(gpu.problem->message));
  }
  return text;
}

nlohmann::ordered_json to_json(const worker_metrics& worker) {
  nlohmann::ordered_json made{{"worker", worker.worker}};
  if (!worker.problem.empty())
    made["problem"] = worker.problem;
  for (const auto& one : worker.metrics.values)
    made["values"].push_back({{"name", one.name}, {"label", one.label}, {"value", one.value}});
  for (const auto& one : worker.metrics.summaries) {
    nlohmann::ordered_json summary{{"name", one.name}, {"label", one.label}};
    add_summary(summary, one);
    made["summaries"].push_back(std::move(summary));
  }
  return made;
}

nlohmann::ordered_json to_json(const gpu_usage& gpu) {
  nlohmann::ordered_json made{{"index", gpu.device.index}, {"uuid", gpu.device.uuid}, {"name", gpu.device.name}};
  const auto add = [&](const char* name, const sampled_figure& figure) {
    if (figure.samples > 0)
      made[name] = {{"samples", figure.samples}, {"mean", figure.mean()}, {"largest", figure.largest}};
  };
  add("busy_percent", gpu.gpu_percent);
  add("decoder_percent", gpu.decoder_percent);
  add("used_bytes", gpu.used_bytes);
  if (gpu.problem)
    made["problem"] = gpu.problem->message;
  return made;
}

} // namespace

std::string statistics_table(const run_statistics& all) {
  std::string text;
  for (const auto& worker : all.workers.workers)
    text += worker_lines(worker);
  if (text.empty())
    text = "no analysis or model worker was started\n";
  return text + gpu_lines(all.gpus);
}

std::string statistics_json(const run_statistics& all) {
  nlohmann::ordered_json made{
      {"type", "stats"}, {"workers", nlohmann::ordered_json::array()}, {"gpus", nlohmann::ordered_json::array()}};
  for (const auto& worker : all.workers.workers)
    made["workers"].push_back(to_json(worker));
  for (const auto& gpu : all.gpus)
    made["gpus"].push_back(to_json(gpu));
  return made.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

} // namespace timeloom
