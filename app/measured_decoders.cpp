#include "app/measured_decoders.hpp"

#include "app/console.hpp"
#include "app/measurement_file.hpp"
#include "timeline/utf8.hpp"

#include <algorithm>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>
#include <thread>

namespace timeloom {

namespace {

using nlohmann::ordered_json;

constexpr std::size_t most_cases = 100; // of a host

expected<std::pair<decoding_case, decoder_times>> speed_from_json(const ordered_json& json, const std::string& path) {
  const auto& size = json.at("size").get_ref<const std::string&>();
  const auto known_size = size_class_from_string(size);
  if (!known_size)
    return tl::unexpected{no_measurements(path, size + " is no size")};
  const decoder_times times{json.at("software_s").get<double>(), json.at("nvdec_s").get<double>(),
                            json.at("passed_over").get<int>()};
  if (!(times.software_s >= 0) || !(times.nvdec_s >= 0) || times.passed_over < 0)
    return tl::unexpected{no_measurements(path, "a number is below 0")};
  return std::pair{decoding_case{json.at("codec").get<std::string>(), *known_size, json.at("alone").get<bool>()},
                   times};
}

ordered_json to_json(const decoding_case& what, const decoder_times& times) {
  return {{"codec", what.codec},      {"size", to_string(what.size)},
          {"alone", what.alone},      {"software_s", times.software_s},
          {"nvdec_s", times.nvdec_s}, {"passed_over", times.passed_over}};
}

} // namespace

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
  const auto document = read_measurements(path);
  if (!document)
    return tl::unexpected{document.error()};
  measured_decoders made;
  if (document->is_null())
    return made;
  try {
    for (const auto& [host, list] : document->at("hosts").items()) {
      auto& speeds = made[host];
      for (const auto& one : list) {
        auto speed = speed_from_json(one, path);
        if (!speed)
          return tl::unexpected{speed.error()};
        if (speeds.size() < most_cases)
          speeds.insert(std::move(*speed));
      }
    }
  } catch (const nlohmann::json::exception& problem) {
    return tl::unexpected{no_measurements(path, problem.what())};
  }
  return made;
}

expected<void> write_measured_decoders(const measured_decoders& decoders, const std::string& path) {
  ordered_json made{{"hosts", ordered_json::object()}};
  for (const auto& [host, speeds] : decoders) {
    auto& list = made["hosts"][host] = ordered_json::array();
    for (const auto& [what, times] : speeds)
      list.push_back(to_json(what, times));
  }
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
