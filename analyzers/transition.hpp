/// How one shot gives way to the next.
#pragma once

#include "core/media_time.hpp"

#include <cstdint>
#include <string_view>

namespace timeloom {

enum class transition_kind : std::uint8_t { cut, dissolve, fade_in, fade_out, wipe };

std::string_view to_string(transition_kind kind);

/// A change of shot. For a cut `first == last`, the first frame of the new shot. For a gradual one `first` is the first
/// frame in which both pictures (or the picture and black or white) are mixed, and `last` the last such frame.
struct transition {
  transition_kind kind = transition_kind::cut;
  frame_position first;
  frame_position last;
  double score = 1; ///< confidence in [0, 1]

  bool operator==(const transition&) const = default;
};

} // namespace timeloom
