/// The camera's path through one shot, and the moves in it.
#pragma once

#include "core/media_time.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

namespace timeloom {

enum class camera_move : std::uint8_t { still, pan, tilt, zoom, roll, shake };

std::string_view to_string(camera_move move);

/// What the camera did between two frames of a shot, as seen in the picture: positive is right, up, in and clockwise.
/// Pan and tilt in picture widths, zoom as the logarithm of the factor, roll in radians.
struct camera_step {
  frame_position from;
  frame_position to;
  std::array<double, 4> by{}; ///< pan, tilt, zoom, roll
  double support = 0;         ///< of the estimate, 0 to 1
};

struct camera_span {
  camera_move move = camera_move::still;
  frame_position first;
  frame_position last;
  double amount = 0;  ///< signed, in the unit of `camera_step::by`; for shake the RMS distance from the smooth path
  double support = 0; ///< mean of the steps'
};

/// When a motion along one axis counts. Rates are per second.
struct move_limits {
  double starts = 0; ///< a move has this rate somewhere
  double lasts = 0;  ///< and at least this rate all along
  double least = 0;  ///< and comes to this much in the end
};

struct path_options {
  move_limits pan{0.020, 0.008, 0.020};  ///< picture widths
  move_limits tilt{0.020, 0.008, 0.020}; ///< picture widths
  move_limits zoom{0.020, 0.008, 0.035}; ///< logarithm: 0.02 is 2 %
  move_limits roll{0.035, 0.014, 0.035}; ///< radians: 0.035 is 2 degrees
  double shake_starts = 0.0018;          ///< RMS picture widths
  double shake_lasts = 0.0012;
  double share_of_peak = 0.25; ///< a move ends where its rate is under this share of its highest
  double sure_support = 0.65;  ///< with less, a move must come to more, in proportion
  double over_shake = 2.8;     ///< a pan or tilt comes to more than this many times the shake under it
  double least_seconds = 0.5;
  double least_shake_seconds = 1;
  double smoothing_seconds = 0.25; ///< standard deviation of the Gaussian window
};

/// Finds the moves in the steps of one unbroken run within one shot. Smooths the path by local linear regression (W.
/// Cleveland, 1979) with Gaussian weights, which has no bias at the ends, splits it by two thresholds on its slope, and
/// takes what is left for still. Holds about two seconds of steps and a bounded number of spans, however long the run.
class camera_path {
public:
  explicit camera_path(path_options options = {}) : options_(options) {}

  /// Steps follow each other: `from` is the `to` of the step before.
  void push(const camera_step& step, std::vector<camera_span>& found);

  /// Ends the run; the next step starts a new one.
  void finish(std::vector<camera_span>& found);

  bool empty() const { return nodes_.empty(); }

private:
  using axes = std::array<double, 4>;

  struct node {
    frame_position at;
    axes path{};
    double support = 0;
    axes rate{};    // of the smooth path, once known
    double off = 0; // distance of (pan, tilt) from the smooth path, once known
  };

  // A move along one axis that has not ended.
  struct open_move {
    std::deque<node> head; // its first nodes, so that its start can be moved up when the rate rises
    node last;
    double sign = 1;
    double peak = 0;
    double support = 0;
    double off_squared = 0;
    int nodes = 0;
  };

  struct open_shake {
    node first, last;
    double off_squared = 0, support = 0;
    int nodes = 0;
    bool certain = false;
  };

  void smooth(std::size_t i);
  void settle(const node& now, double shake);
  void settle_ready(bool all);
  void follow(std::size_t axis, const node& now);
  void close(std::size_t axis);
  void follow_shake(const node& now, double shake);
  void close_shake();
  void accept(const camera_span& span);
  void fill_still(bool all);

  path_options options_;
  std::deque<node> nodes_; // [0, smoothed_) have rate and off; [0, settled_) went through the axes
  std::size_t smoothed_ = 0;
  std::size_t settled_ = 0;
  std::array<std::optional<open_move>, 4> moves_;
  std::optional<open_shake> shake_;
  std::vector<camera_span> accepted_; // not yet used to fill what is still
  std::optional<node> still_since_;
  double still_support_ = 0;
  std::int64_t still_nodes_ = 0;
  std::vector<camera_span> out_;
};

} // namespace timeloom
