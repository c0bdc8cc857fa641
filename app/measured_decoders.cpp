#include "app/measured_decoders.hpp"

#include "actors/decoder_speeds_json.hpp"
#include "app/console.hpp"
#include "app/measurement_file.hpp"
#include "timeline/utf8.hpp"

#include <algorithm>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>
#include <thread>

namespace timeloom {

std::string decoding_host(const std::vector<gpu_device>& gpus) {
  std::vector<std::string> names;
  for (const auto& gpu : gpus)
    names.push_back(gpu.name);
  return fmt::format("{}, {} cores", fmt::join(names, ", "), std::thread::hardware_concurrency());
}

std::string measured_decoders_file() {
  return measurement_file("measured_decoders.json");
}

expected<measured_decoders> read_measured_decoders(const std::string& path) {
  measured_decoders made;
  const auto take = [&](const std::string& host, const nlohmann::ordered_json& list) -> expected<void> {
    auto speeds = speeds_from_json(list);
    if (!speeds)
      return tl::unexpected{no_measurements(path, speeds.error().message)};
    made[host] = std::move(*speeds);
    return {};
  };
  return read_measurements(path, "hosts", take).map([&] { return std::move(made); });
}

expected<void> write_measured_decoders(const measured_decoders& decoders, const std::string& path) {
  nlohmann::ordered_json made{{"hosts", nlohmann::ordered_json::object()}};
  for (const auto& [host, speeds] : decoders)
    made["hosts"][host] = to_json(speeds);
  return write_measurements(made, path);
}

std::shared_ptr<decoder_record> known_decoders(const media_options& settings, const std::vector<gpu_device>& gpus) {
  const bool has_gpu = std::any_of(gpus.begin(), gpus.end(), [](const auto& gpu) { return !gpu.unusable; });
  if (settings.decoder != decoder_choice::automatic || !has_gpu)
    return nullptr;
  auto known = read_measured_decoders(measured_decoders_file());
  if (!known) {
    say(stderr, "timeloom: decoders are measured anew: {}\n", one_line(known.error().message));
    known = measured_decoders{};
  }
  return std::make_shared<decoder_record>((*known)[decoding_host(gpus)]);
}

void remember_decoders(const decoder_record* record, const std::vector<gpu_device>& gpus) {
  if (record == nullptr)
    return;
  const auto path = measured_decoders_file();
  auto known = read_measured_decoders(path).value_or(measured_decoders{}); // that it was unusable was told at the start
  auto& here = known[decoding_host(gpus)];
  const auto speeds = record->speeds();
  if (here == speeds)
    return;
  here = speeds;
  if (auto kept = write_measured_decoders(known, path); !kept)
    spdlog::info("what was measured of decoders is not kept: {}", one_line(kept.error().message));
}

} // namespace timeloom
