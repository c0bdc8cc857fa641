/// The eyes of a face in one picture, by OpenCV's cascades.
#pragma once

#include "core/error.hpp"
#include "core/geometry.hpp"
#include "core/picture.hpp"

#include <memory>
#include <optional>

namespace timeloom {

/// What was seen where one eye should be.
struct seen_eye {
  std::optional<box> open; ///< where an open eye was seen; detectors miss some
  /// Of an open eye, where its iris is between its corners, when that can be measured: -1 at the left one in the
  /// picture, 0 in the middle, 1 at the right one.
  std::optional<double> iris;
  /// How much darker than what is around it the darkest place of an iris's size is, as a share: more in open eyes.
  double darkness = 0;
};

struct seen_eyes {
  seen_eye left;  ///< in the picture
  seen_eye right; ///< likewise
};

/// One owner, one thread.
class eye_finder {
public:
  /// Fails with `errc::not_found`, and says what to install, when a cascade is missing.
  static expected<eye_finder> load();

  eye_finder(eye_finder&&) noexcept;
  eye_finder& operator=(eye_finder&&) noexcept;
  ~eye_finder();

  /// In upright luma, (height, width) uint8, the eyes of the frontal face that goes from the brows to the chin in
  /// `face`. Nothing of faces that are too small.
  std::optional<seen_eyes> look(const plane_view& luma, const box& face);

private:
  struct state;
  explicit eye_finder(std::unique_ptr<state> loaded);

  std::unique_ptr<state> state_;
};

} // namespace timeloom
