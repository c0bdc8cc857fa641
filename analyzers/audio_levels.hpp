/// Silence and loudness of a video's sound.
///
/// Runs with the decode, on one thread; sound and pictures come in turns, and either may be ahead of the other. Times
/// of its events are the sound's own; their frames are those that are shown then.
#pragma once

#include "analyzers/analyzer_options.hpp"
#include "analyzers/loudness_meter.hpp"
#include "analyzers/silence_finder.hpp"
#include "core/sound.hpp"
#include "timeline/event.hpp"
#include "timeline/timeline.hpp"

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace timeloom {

/// Events, all spans:
/// "silence": no attributes.
/// "loudness": a minute or less, with the attributes `step_s` (1) and, for each step, `momentary_lufs` (its highest),
///   `short_term_lufs` (at its end) and `peak_dbfs`. `quietest` stands for everything below.
/// "programme": the whole. Label: its integrated loudness. Attributes: `integrated_lufs`, `range_lu`,
///   `true_peak_dbtp`, `momentary_max_lufs`, `short_term_max_lufs`, `channels`, `sample_rate_hz`, `codec`, `stream`.
/// "no_sound": the whole, instead of the others, when there is nothing to hear.
class audio_level_analyzer {
public:
  explicit audio_level_analyzer(const audio_levels_options& options);

  /// A picture is shown from `at` on.
  void pass(const frame_position& at);

  /// The next block of the sound.
  void hear(const sound_block& block);

  /// Nothing follows; the last picture is shown until `end`. `stream` is absent when there is no sound stream.
  void finish(media_time end, const std::optional<sound_facts>& stream);

  /// The events that are certain since the last call.
  std::vector<event> take_events() { return std::exchange(events_, {}); }

  analyzer_status status() const { return status_; }
  const std::string& reason() const { return reason_; } ///< of any other status than done

  /// "libebur128 1.2.6".
  static std::string backend();

private:
  void add(event found);
  void add(const std::vector<silence>& found);
  void add(const std::vector<loudness_run>& found);
  void add_programme(const sound_facts& stream);
  void judge(const sound_facts& stream);
  void settle(bool at_end);
  std::int64_t frame_at(media_time time) const;

  silence_finder silences_;
  loudness_meter loudness_;
  std::string failure_;              // of measuring loudness, which is over then
  std::deque<frame_position> shown_; // the pictures that an event may still begin or end at
  std::deque<event> waiting_;        // for the picture that is shown when they end; frames are not known yet
  std::vector<event> events_;
  std::int64_t made_ = 0;
  analyzer_status status_ = analyzer_status::done;
  std::string reason_;
};

} // namespace timeloom
