/// Shows how far the analyses are: bars on a terminal, a line now and then elsewhere, or JSON objects for programs.
/// Any thread.
#pragma once

#include "app/render_process.hpp"
#include "core/error.hpp"
#include "core/media_time.hpp"
#include "timeline/timeline.hpp"

#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>
#include <vector>

namespace timeloom {

enum class progress_style : std::uint8_t {
  silent,
  bars,  ///< redrawn in place on standard error
  lines, ///< one every 10 s a video on standard error
  json,  ///< one object a line on standard output
};

class progress_display {
public:
  progress_display(progress_style style, std::vector<std::string> videos);

  /// `video` is an index into the list; `duration` 0 when unknown.
  void progress(std::size_t video, int attempt, std::int64_t frames, media_time time, media_time duration);

  /// How far the drawing on the video is, after `finished`.
  void drawing(std::size_t video, std::int64_t frames, media_time time, media_time duration);

  /// The drawing is over: what was written, or `problem` tells why nothing was.
  void drawn(std::size_t video, const drawn_video& made, const error& problem);

  /// The video is analyzed: `files` were written, or `problem` tells why not. Prints the table of its analyzers, or the
  /// problem.
  void finished(std::size_t video, const timeline* made, const std::vector<std::string>& files, const error& problem);

private:
  using clock = std::chrono::steady_clock;
  struct state {
    std::string name;
    clock::time_point started;
    clock::time_point printed;
    std::string bar; // empty before the first progress and after the end
    bool seen = false;
    bool drawing = false;
  };

  void show(state& shown, const char* type, int attempt, std::int64_t frames, media_time time, media_time duration);
  void erase_bars();
  void draw_bars();

  std::mutex mutex_;
  progress_style style_;
  std::vector<state> videos_;
  int bars_drawn_ = 0;
};

/// The table that ends the analysis of a video, without colours, as plain lines.
std::string summary_table(const timeline& made, const std::vector<std::string>& files);

} // namespace timeloom
