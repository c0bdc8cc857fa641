#include "rendering/attribute_values.hpp"
#include "rendering/canvas.hpp"
#include "rendering/drawings.hpp"
#include "rendering/moment.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace timeloom {

namespace {

constexpr double half_window_s = 8, height_units = 4;
constexpr double softest_lufs = -60, loudest_lufs = 0;

// The seconds around the picture's, which is in the middle.
class strip {
public:
  strip(canvas& on, media_time now) : on_(on), area_(on.reserve_strip(height_units)), now_s_(to_seconds(now)) {
    on_.fill(area_, inks::black.at(0.45));
  }

  /// From the lower edge up to `level` of the strip's height.
  void bar(double from_s, double to_s, double level, const ink& color) {
    const double x = place_of(from_s), end = place_of(to_s);
    if (end > x)
      on_.fill({x, area_.y + area_.height * (1 - level), end - x, area_.height * level}, color);
  }

  void mark_now() {
    const std::array<place, 2> line{{{0.5, area_.y}, {0.5, area_.y + area_.height}}};
    on_.line(line, inks::white, 0.25);
  }

private:
  double place_of(double time_s) const { return std::clamp(0.5 + (time_s - now_s_) / (2 * half_window_s), 0.0, 1.0); }

  canvas& on_;
  box area_;
  double now_s_;
};

void draw_loudness(strip& on, const event& found) {
  const auto* levels = list_of(found.attributes, "momentary_lufs");
  const double step_s = number_of(found.attributes, "step_s").value_or(1);
  const double end_s = to_seconds(found.end ? found.end->time : found.start.time);
  if (levels == nullptr)
    return;
  double at_s = to_seconds(found.start.time);
  for (const auto& level : *levels) {
    const double share = (number(level).value_or(softest_lufs) - softest_lufs) / (loudest_lufs - softest_lufs);
    on.bar(at_s, std::min(at_s + step_s, end_s), std::clamp(share, 0.0, 1.0), inks::sky.at(0.8));
    at_s += step_s;
  }
}

// The loudness of the second that `time` is in.
std::optional<double> loudness_at(const event& found, media_time time) {
  const auto* levels = list_of(found.attributes, "momentary_lufs");
  const double step_s = number_of(found.attributes, "step_s").value_or(1);
  const double second = to_seconds(time - found.start.time) / std::max(step_s, 1e-3);
  if (levels == nullptr || second < 0 || second >= static_cast<double>(levels->size()))
    return std::nullopt;
  return number((*levels)[static_cast<std::size_t>(second)]);
}

} // namespace

// Loudness as bars of a second along the lower edge, silence in red; a line marks the time of the picture.
void draw_sound(canvas& on, const moment& now) {
  if (now.events.empty())
    return;
  if (now.events.front().found->kind == "no_sound")
    return on.note(corner::bottom_left, "no sound", inks::sky);
  strip along{on, now.at.time};
  std::string words;
  for (const auto& shown : now.events) {
    if (shown.found->kind == "loudness") {
      draw_loudness(along, *shown.found);
      if (const auto lufs = loudness_at(*shown.found, now.at.time))
        words = fmt::format("{:.1f} LUFS", *lufs);
    }
  }
  bool silent = false;
  for (const auto& shown : now.events)
    if (shown.found->kind == "silence") {
      along.bar(to_seconds(shown.found->start.time), to_seconds(shown.ends()), 1, inks::red.at(0.5));
      silent |= shown.is_on(now.at.time);
    }
  along.mark_now();
  if (silent)
    on.note(corner::bottom_left, "silence", inks::red);
  else if (!words.empty())
    on.note(corner::bottom_left, words, inks::sky);
}

} // namespace timeloom
