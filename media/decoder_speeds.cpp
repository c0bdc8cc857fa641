#include "media/decoder_speeds.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace timeloom {

namespace {

constexpr std::array<std::string_view, 2> kind_names{"software", "nvdec"};
constexpr std::array<std::string_view, 3> rule_names{"software", "measured", "nvdec"};
constexpr std::array<std::string_view, 5> size_names{"480p", "720p", "1080p", "2160p", "larger"};
constexpr std::array<std::int64_t, 4> most_pixels{854 * 480, 1280 * 720, 1920 * 1088, 4096 * 2160};

constexpr int measured_again_after = 32; // videos
constexpr double newest_weight = 0.25;
constexpr std::int64_t least_frames = 100;

template <class Enum, std::size_t n>
std::optional<Enum> named(const std::array<std::string_view, n>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? std::nullopt : std::optional{static_cast<Enum>(found - names.begin())};
}

decoder_kind other_than(decoder_kind decoder) {
  return decoder == decoder_kind::software ? decoder_kind::nvdec : decoder_kind::software;
}

double& seconds_of(decoder_times& times, decoder_kind decoder) {
  return decoder == decoder_kind::software ? times.software_s : times.nvdec_s;
}

decoder_kind faster_of(const decoder_times& times) {
  return times.software_s <= times.nvdec_s ? decoder_kind::software : decoder_kind::nvdec;
}

} // namespace

std::string_view to_string(decoder_kind decoder) {
  return kind_names.at(static_cast<std::size_t>(decoder));
}

std::optional<decoder_kind> decoder_kind_from_string(std::string_view name) {
  return named<decoder_kind>(kind_names, name);
}

std::string_view to_string(decoder_rule rule) {
  return rule_names.at(static_cast<std::size_t>(rule));
}

std::optional<decoder_rule> decoder_rule_from_string(std::string_view name) {
  return named<decoder_rule>(rule_names, name);
}

size_class size_class_of(int width, int height) {
  const auto pixels = std::int64_t{width} * height;
  return static_cast<size_class>(std::lower_bound(most_pixels.begin(), most_pixels.end(), pixels) -
                                 most_pixels.begin());
}

std::string_view to_string(size_class size) {
  return size_names.at(static_cast<std::size_t>(size));
}

std::optional<size_class> size_class_from_string(std::string_view name) {
  return named<size_class>(size_names, name);
}

chosen_decoder choose_decoder(const decoder_speeds& measured, const decoding_case& what) {
  const auto found = measured.find(what);
  auto known = found == measured.end() ? decoder_times{} : found->second;
  const auto kind = fmt::format("{} {}", what.codec, to_string(what.size));
  for (const auto decoder : {decoder_kind::software, decoder_kind::nvdec})
    if (seconds_of(known, decoder) == 0)
      return {decoder, "it was not measured yet for " + kind};
  const auto faster = faster_of(known);
  if (known.passed_over >= measured_again_after)
    return {other_than(faster), fmt::format("it is measured again for {}, after {} videos", kind, known.passed_over)};
  return {faster, fmt::format("{} waits less for it: {:.2g} ms a frame, {:.2g} for the other", kind,
                              1e3 * seconds_of(known, faster), 1e3 * seconds_of(known, other_than(faster)))};
}

void measure(decoder_speeds& speeds, const decoding_case& what, const decoding_cost& cost, std::int64_t frames) {
  if (frames < least_frames || !(cost.seconds > 0) || (speeds.size() >= most_decoding_cases && !speeds.contains(what)))
    return;
  auto& times = speeds[what];
  auto& known = seconds_of(times, cost.decoder);
  const double measured = cost.seconds / static_cast<double>(frames);
  known = known == 0 ? measured : known + newest_weight * (measured - known);
  times.passed_over = faster_of(times) == cost.decoder ? std::min(times.passed_over + 1, measured_again_after) : 0;
}

} // namespace timeloom
