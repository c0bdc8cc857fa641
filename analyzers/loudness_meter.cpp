#include "analyzers/loudness_meter.hpp"

#include <algorithm>
#include <cmath>
#include <ebur128.h>

namespace timeloom {

namespace {

constexpr media_time hole = std::chrono::milliseconds{100};
constexpr int steps_a_second = 10;
constexpr unsigned long remembered_ms = 48UL * 3600 * 1000; // about 60 MB of what integrated loudness is made of

double decibels(double size) {
  return size > 0 ? std::max(quietest, 20 * std::log10(size)) : quietest;
}

int channel_of(channel_role role) {
  switch (role) {
  case channel_role::low_frequency:
    return EBUR128_UNUSED;
  case channel_role::surround:
    return EBUR128_LEFT_SURROUND;
  case channel_role::front:
    break;
  }
  return EBUR128_CENTER;
}

} // namespace

struct loudness_meter::meter {
  ebur128_state* state = nullptr;

  meter(unsigned channels, unsigned long rate_hz)
      : state(ebur128_init(channels, rate_hz, EBUR128_MODE_I | EBUR128_MODE_LRA)) {
    if (state != nullptr)
      ebur128_set_max_history(state, remembered_ms);
  }
  ~meter() {
    if (state != nullptr)
      ebur128_destroy(&state);
  }
  meter(const meter&) = delete;
  meter& operator=(const meter&) = delete;

  /// What `measure` says, or `quietest`.
  double level(int (*measure)(ebur128_state*, double*)) const {
    double lufs = quietest;
    return measure(state, &lufs) == EBUR128_SUCCESS ? std::max(quietest, lufs) : quietest;
  }
};

loudness_meter::loudness_meter() = default;
loudness_meter::~loudness_meter() = default;

expected<void> loudness_meter::set_format(const sound_block& block) {
  const auto channels = static_cast<unsigned>(block.channels.size());
  const auto rate_hz = static_cast<unsigned long>(block.rate_hz);
  if (!meter_) {
    meter_ = std::make_unique<meter>(channels, rate_hz);
    if (meter_->state == nullptr)
      return fail(errc::exhausted, "no memory to measure sound of {} channels at {} Hz", channels, block.rate_hz);
  } else {
    break_off();
    const int changed = ebur128_change_parameters(meter_->state, channels, rate_hz);
    if (changed != EBUR128_SUCCESS && changed != EBUR128_ERROR_NO_CHANGE)
      return fail(errc::exhausted, "no memory to measure sound of {} channels at {} Hz", channels, block.rate_hz);
  }
  for (unsigned i = 0; i < channels; ++i)
    ebur128_set_channel(meter_->state, i, channel_of(block.channels[i]));
  for (const auto& one : true_peaks_)
    true_peak_ = std::max(true_peak_, one.peak());
  true_peaks_.assign(channels, {});
  channels_ = block.channels;
  step_frames_ = (static_cast<std::size_t>(block.rate_hz) + steps_a_second / 2) / steps_a_second;
  heard_frames_ = 0;
  programme_.channels = static_cast<int>(channels);
  programme_.rate_hz = block.rate_hz;
  return {};
}

expected<void> loudness_meter::hear(const sound_block& block) {
  if (block.rate_hz != programme_.rate_hz || block.channels != channels_)
    if (auto set = set_format(block); !set)
      return set;
  if (!begun_)
    programme_.start = block.start;
  if (!begun_ || block.start > run_.end + hole) {
    break_off();
    run_.start = run_.end = block.start;
    begun_ = true;
  }
  const auto channels = channels_.size();
  const float* samples = block.samples.data();
  for (std::size_t left = block.frames(); left > 0;) {
    const auto many = std::min(left, step_frames_ - heard_frames_);
    if (ebur128_add_frames_float(meter_->state, samples, many) != EBUR128_SUCCESS)
      return fail(errc::exhausted, "no memory to measure the sound after {:.3f} s", to_seconds(run_.end));
    for (std::size_t channel = 0; channel < channels; ++channel)
      true_peaks_[channel].hear(samples + channel, many, channels);
    for (std::size_t i = 0; i < many * channels; ++i)
      peak_ = std::max(peak_, std::abs(samples[i]));
    samples += many * channels;
    left -= many;
    heard_frames_ += many;
    run_.end = block.time_of(block.frames() - left);
    if (heard_frames_ == step_frames_)
      end_step();
  }
  programme_.end = run_.end;
  return {};
}

void loudness_meter::end_step() {
  heard_frames_ = 0;
  point_.momentary_lufs = std::max(point_.momentary_lufs, meter_->level(ebur128_loudness_momentary));
  if (++steps_ == steps_a_second)
    end_second();
}

void loudness_meter::end_second() {
  point_.short_term_lufs = meter_->level(ebur128_loudness_shortterm);
  point_.peak_dbfs = decibels(peak_);
  programme_.momentary_max_lufs = std::max(programme_.momentary_max_lufs, point_.momentary_lufs);
  programme_.short_term_max_lufs = std::max(programme_.short_term_max_lufs, point_.short_term_lufs);
  run_.points.push_back(point_);
  point_ = {};
  peak_ = 0;
  steps_ = 0;
  if (run_.points.size() == loudness_run::most_points)
    end_run();
}

void loudness_meter::end_run() {
  if (!run_.points.empty())
    runs_.push_back(run_);
  run_.start = run_.end;
  run_.points.clear();
}

void loudness_meter::break_off() {
  if (steps_ > 0)
    end_second();
  end_run();
  peak_ = 0;
  heard_frames_ = 0;
}

void loudness_meter::finish() {
  break_off();
}

programme_loudness loudness_meter::programme() const {
  auto whole = programme_;
  if (!meter_ || meter_->state == nullptr)
    return whole;
  whole.integrated_lufs = meter_->level(ebur128_loudness_global);
  double range = 0;
  if (ebur128_loudness_range(meter_->state, &range) == EBUR128_SUCCESS && std::isfinite(range))
    whole.range_lu = range;
  float peak = true_peak_;
  for (const auto& one : true_peaks_)
    peak = std::max(peak, one.peak());
  whole.true_peak_dbtp = decibels(peak);
  return whole;
}

} // namespace timeloom
