/// The analyzers that run with the decode, wired together: changes of shot feed scenes, and scenes feed colours. The
/// sound has one of its own.
///
/// What an analyzer needs runs with it, whether or not its own finds were asked for. One owner, one thread.
#pragma once

#include "analyzers/analyzer_options.hpp"
#include "analyzers/audio_levels.hpp"
#include "analyzers/camera_analysis.hpp"
#include "analyzers/color_analysis.hpp"
#include "analyzers/cut_analysis.hpp"
#include "analyzers/scene_segmentation.hpp"
#include "timeline/event.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace timeloom {

class fused_pipeline {
public:
  /// Work done for an analyzer that was asked for.
  struct usage {
    std::string analyzer;
    std::int64_t frames = 0;
    double seconds = 0; ///< of computing, without what it shares with others
    analyzer_status status = analyzer_status::done;
    std::string reason; ///< of any other status
    std::string backend{"embedded"};
  };

  /// `analyzers` are ids of fused analyzers of the catalog.
  fused_pipeline(std::span<const std::string> analyzers, const analyzer_options& options);

  /// Whether any of them looks at frames.
  bool looks() const { return cuts_.analyzer.has_value(); }

  /// The next frame in presentation order is shown from `at` on, whether or not it can be looked at.
  void pass(const frame_position& at);

  /// The frame itself.
  void see(const small_frame& frame);

  /// The next block of the sound.
  void hear(const sound_block& block);

  /// Nothing follows; the last frame is shown until `end`. `sound` is the stream that was listened to, if there is one.
  void finish(media_time end, const std::optional<sound_facts>& sound);

  /// What became certain since the last call.
  std::vector<event> take_events();
  std::vector<segmented_scene> take_scenes() { return std::exchange(scenes_, {}); }

  std::vector<usage> used() const;

private:
  /// An analyzer with the time that it took.
  template <class Analyzer>
  struct timed {
    std::optional<Analyzer> analyzer; // absent when nobody needs it
    bool asked_for = false;           // its own finds are wanted
    std::chrono::nanoseconds spent{0};

    /// Runs `work(*analyzer)` on the clock; the analyzer must be there.
    template <class Work>
    auto on_clock(Work work);
  };

  void settle(std::span<const transition> changes, std::int64_t settled);
  void give_scenes(std::vector<segmented_scene> closed);

  timed<cut_detector> cuts_;
  timed<scene_segmenter> segmenter_;
  timed<color_analyzer> colors_;
  timed<camera_analyzer> camera_;
  timed<audio_level_analyzer> sound_;
  std::int64_t frames_ = 0;
  std::vector<event> events_;
  std::vector<segmented_scene> scenes_;
};

} // namespace timeloom
