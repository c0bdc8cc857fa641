#include "analyzers/audio_levels.hpp"

#include <algorithm>
#include <cmath>
#include <ebur128.h>
#include <fmt/format.h>
#include <iterator>

namespace timeloom {

namespace {

constexpr std::int64_t most_events = 10'000; // a week of loudness; sound may go on for longer than the pictures

double tenth(double value) {
  return std::round(value * 10) / 10;
}

attribute::object points_of(const loudness_run& run) {
  attribute::list momentary, short_term, peak;
  for (const auto& point : run.points) {
    momentary.emplace_back(tenth(point.momentary_lufs));
    short_term.emplace_back(tenth(point.short_term_lufs));
    peak.emplace_back(tenth(point.peak_dbfs));
  }
  return {{"step_s", 1.0},
          {"momentary_lufs", std::move(momentary)},
          {"short_term_lufs", std::move(short_term)},
          {"peak_dbfs", std::move(peak)}};
}

attribute::object facts_of(const programme_loudness& whole, const sound_facts& stream) {
  return {{"integrated_lufs", tenth(whole.integrated_lufs)},
          {"range_lu", tenth(whole.range_lu)},
          {"true_peak_dbtp", tenth(whole.true_peak_dbtp)},
          {"momentary_max_lufs", tenth(whole.momentary_max_lufs)},
          {"short_term_max_lufs", tenth(whole.short_term_max_lufs)},
          {"channels", whole.channels},
          {"sample_rate_hz", whole.rate_hz},
          {"codec", stream.codec},
          {"stream", stream.stream}};
}

event span_of(const char* kind, media_time from, media_time to, attribute::object attributes = {}) {
  event found;
  found.analyzer = "audio_levels";
  found.kind = kind;
  found.start.time = from;
  found.end = frame_position{0, to};
  found.attributes = std::move(attributes);
  return found;
}

} // namespace

audio_level_analyzer::audio_level_analyzer(const audio_levels_options& options)
    : silences_(options.silence_dbfs, from_seconds(options.silence_min_s)) {}

std::string audio_level_analyzer::backend() {
  int major = 0, minor = 0, patch = 0;
  ebur128_get_version(&major, &minor, &patch);
  return fmt::format("libebur128 {}.{}.{}", major, minor, patch);
}

void audio_level_analyzer::pass(const frame_position& at) {
  shown_.push_back(at);
  settle(false);
}

void audio_level_analyzer::hear(const sound_block& block) {
  add(silences_.hear(block));
  if (failure_.empty())
    if (auto heard = loudness_.hear(block); !heard)
      failure_ = heard.error().message;
  add(loudness_.take_runs());
  settle(false);
}

void audio_level_analyzer::finish(media_time end, const std::optional<sound_facts>& stream) {
  const auto whole = loudness_.programme();
  if (whole.channels == 0) {
    if (stream && stream->errors > 0) {
      status_ = analyzer_status::failed;
      reason_ = fmt::format("the sound, stream {}, cannot be listened to: {}", stream->stream, stream->first_error);
    } else if (!shown_.empty()) {
      add(span_of("no_sound", shown_.front().time, shown_.back().time));
    }
  } else {
    add(silences_.finish(end));
    loudness_.finish();
    add(loudness_.take_runs());
    add_programme(*stream);
    judge(*stream);
  }
  settle(true);
}

void audio_level_analyzer::judge(const sound_facts& stream) {
  if (!failure_.empty())
    reason_ = failure_;
  else if (made_ > most_events)
    reason_ = fmt::format("only the first {} of {} events are told", most_events, made_);
  else if (stream.errors > 0)
    reason_ = fmt::format("{} error{} in the sound, the first {}", stream.errors, stream.errors == 1 ? "" : "s",
                          stream.first_error);
  if (!reason_.empty())
    status_ = analyzer_status::partial;
}

void audio_level_analyzer::add(event found) {
  if (++made_ <= most_events || found.kind == "programme")
    waiting_.push_back(std::move(found));
}

void audio_level_analyzer::add(const std::vector<silence>& found) {
  for (const auto& [from, to] : found)
    add(span_of("silence", from, to));
}

void audio_level_analyzer::add(const std::vector<loudness_run>& found) {
  for (const auto& run : found)
    add(span_of("loudness", run.start, run.end, points_of(run)));
}

void audio_level_analyzer::add_programme(const sound_facts& stream) {
  const auto whole = loudness_.programme();
  auto found = span_of("programme", whole.start, whole.end, facts_of(whole, stream));
  found.label = fmt::format("{:.1f} LUFS", whole.integrated_lufs);
  add(std::move(found));
}

void audio_level_analyzer::settle(bool at_end) {
  while (!waiting_.empty() && (at_end || (!shown_.empty() && shown_.back().time > waiting_.front().end->time))) {
    auto& found = waiting_.front();
    found.start.index = frame_at(found.start.time);
    found.end->index = frame_at(found.end->time);
    events_.push_back(std::move(found));
    waiting_.pop_front();
  }
  if (!waiting_.empty())
    return;
  const auto needed = std::min(loudness_.open_run().start, silences_.since().value_or(silences_.heard_to()));
  while (shown_.size() > 1 && shown_[1].time <= needed)
    shown_.pop_front();
}

std::int64_t audio_level_analyzer::frame_at(media_time time) const {
  const auto after = std::upper_bound(shown_.begin(), shown_.end(), time,
                                      [](media_time at, const frame_position& frame) { return at < frame.time; });
  if (after != shown_.begin())
    return std::prev(after)->index;
  return shown_.empty() ? 0 : shown_.front().index;
}

} // namespace timeloom
