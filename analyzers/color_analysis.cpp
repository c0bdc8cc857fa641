#include "analyzers/color_analysis.hpp"

#include "analyzers/color_names.hpp"

#include <cmath>
#include <string>
#include <utility>

namespace timeloom {

namespace {

// A mixed frame counts for next to nothing, unless a scene has no others.
constexpr double mixed_weight = 1e-4;

// Below this the tints of a picture are told apart neither by eye nor after 4:2:0 and a codec.
constexpr double one_tint = 0.014;

double rounded(double value, double steps) {
  return std::round(value * steps) / steps;
}

} // namespace

void color_analyzer::push(const small_frame& frame) {
  frame_grid grid;
  if (!spare_.empty()) {
    grid = std::move(spare_.back());
    spare_.pop_back();
  }
  sample_grid(frame, options_.grid_long_side, grid);
  pending_.push_back(std::move(grid));
}

void color_analyzer::settle(std::span<const transition> changes, std::int64_t settled) {
  order_.learn(changes);
  settle_through(settled - 1);
}

void color_analyzer::settle_through(std::int64_t index) {
  while (!pending_.empty() && pending_.front().at.index <= index) {
    take(pending_.front());
    spare_.push_back(std::move(pending_.front()));
    pending_.pop_front();
  }
}

void color_analyzer::take(const frame_grid& grid) {
  const auto place = order_.at(grid.at.index);
  if (shots_.empty() || shots_.back().shot != place.shot) {
    shots_.push_back({place.shot, grid.at, {}});
    next_sample_.reset();
    if (static_cast<int>(shots_.size()) > options_.most_shots) {
      // The two oldest belong to the same scene, or the scene between them would have been asked for.
      shots_[1].palette.add(shots_[0].palette);
      shots_[1].first = shots_[0].first;
      shots_.pop_front();
    }
  }
  auto& palette = shots_.back().palette;
  if (place.mixed) {
    if (palette.empty())
      palette.add(grid, without_bars(grid), mixed_weight);
    return;
  }
  if (next_sample_ && grid.at.time < *next_sample_)
    return;
  const auto period = from_seconds(1 / options_.rate_hz);
  next_sample_ = next_sample_ && grid.at.time - *next_sample_ < period ? *next_sample_ + period : grid.at.time + period;
  palette.add(grid, without_bars(grid), 1);
}

event color_analyzer::describe(const scene& of) {
  settle_through(of.last.index);
  color_palette palette;
  while (!shots_.empty() && shots_.front().first.index <= of.last.index) {
    palette.add(shots_.front().palette);
    shots_.pop_front();
  }
  const auto statistics = palette.statistics();
  event found;
  found.analyzer = "color_analysis";
  found.kind = "color";
  found.start = of.first;
  found.end = of.last;
  attribute::list colors;
  for (const auto& one : palette.dominant(options_.colors, options_.least_share)) {
    const auto name = color_name(one.color);
    if (!found.label)
      found.label = name;
    colors.push_back(attribute::object{
        {"name", name}, {"hex", to_hex(to_rgb(one.color))}, {"share", std::floor(one.share * 1000) / 1000}});
  }
  found.attributes = {{"colors", std::move(colors)},
                      {"brightness", rounded(statistics.brightness, 1000)},
                      {"contrast", rounded(statistics.contrast, 1000)},
                      {"saturation", rounded(statistics.saturation, 1000)},
                      {"colorfulness", rounded(statistics.colorfulness, 10)},
                      {"monochrome", !palette.empty() && statistics.tint_spread < one_tint}};
  return found;
}

} // namespace timeloom
