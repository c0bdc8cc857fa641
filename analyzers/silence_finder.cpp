#include "analyzers/silence_finder.hpp"

#include <algorithm>
#include <cmath>

namespace timeloom {

namespace {

constexpr media_time hole = std::chrono::milliseconds{100}; // less is how containers round
constexpr int looks_a_second = 1000;

float loudest(const float* from, const float* to) {
  float size = 0;
  for (; from != to; ++from)
    size = std::max(size, std::abs(*from));
  return size;
}

} // namespace

silence_finder::silence_finder(double threshold_dbfs, media_time least)
    : threshold_(static_cast<float>(std::pow(10, threshold_dbfs / 20))), least_(least) {}

std::vector<silence> silence_finder::hear(const sound_block& block) {
  std::vector<silence> found;
  if (block.start > heard_to_ + hole)
    become_silent(heard_to_);
  const auto frames = block.frames();
  const auto step = static_cast<std::size_t>(std::max(1, block.rate_hz / looks_a_second));
  for (std::size_t first = 0; first < frames; first += step) {
    const auto last = std::min(frames, first + step);
    const auto* samples = block.samples.data();
    const auto channels = block.channels.size();
    if (loudest(samples + first * channels, samples + last * channels) < threshold_)
      become_silent(block.time_of(first));
    else
      become_loud(block.time_of(first), found);
  }
  heard_to_ = std::max(heard_to_, block.end());
  return found;
}

std::vector<silence> silence_finder::finish(media_time end) {
  std::vector<silence> found;
  if (end > heard_to_ + hole)
    become_silent(heard_to_);
  become_loud(std::max(heard_to_, end), found);
  return found;
}

void silence_finder::become_silent(media_time at) {
  if (!since_)
    since_ = at;
}

void silence_finder::become_loud(media_time at, std::vector<silence>& found) {
  if (since_ && at - *since_ >= least_)
    found.push_back({*since_, at});
  since_.reset();
}

} // namespace timeloom
