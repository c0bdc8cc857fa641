/// Faces in one picture, by OpenCV's cascades: P. Viola and M. Jones, "Rapid object detection using a boosted cascade
/// of simple features", CVPR 2001; with local binary patterns: S. Liao et al., "Learning multi-scale block local binary
/// patterns for face recognition", ICB 2007.
#pragma once

#include "analyzers/face_votes.hpp"
#include "core/error.hpp"
#include "core/picture.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace timeloom {

/// Which faces to look for: from a twentieth of the picture's longer side on, or a little smaller ones, from a
/// thirtieth.
enum class face_size : std::uint8_t { usual, small };

/// One owner, one thread. Takes upright luma, (height, width) uint8. Places outside of the picture are cut.
class face_finder {
public:
  /// Fails with `errc::not_found`, and says what to install, when a cascade is missing.
  static expected<face_finder> load();

  face_finder(face_finder&&) noexcept;
  face_finder& operator=(face_finder&&) noexcept;
  ~face_finder();

  /// Places inside `area` that may be faces, each to be looked at: quick, on a reduced picture, and often wrong.
  std::vector<box> candidates(const plane_view& luma, const box& area, face_size size);

  /// The face near `expected`, of about its size, if one is there: all detectors are asked, until they agree.
  std::optional<seen_face> look(const plane_view& luma, const box& expected);

private:
  struct state;
  explicit face_finder(std::unique_ptr<state> loaded);

  std::unique_ptr<state> state_;
};

} // namespace timeloom
