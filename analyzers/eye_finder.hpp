/// The eyes of a face in one picture, by OpenCV's cascades.
#pragma once

#include "core/error.hpp"
#include "core/geometry.hpp"
#include "core/picture.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace timeloom {

enum class eye_state : std::uint8_t { unknown, open, closed };

/// What was seen where one eye should be.
struct seen_eye {
  eye_state state = eye_state::unknown;
  std::optional<box> area; ///< of an eye that was seen
  /// Of an open eye, where its iris is between the ends of what is open, when that can be measured: -1 at the left end
  /// in the picture, 0 in the middle, 1 at the right end.
  std::optional<double> iris;
};

struct seen_eyes {
  seen_eye left;  ///< in the picture
  seen_eye right; ///< likewise

  /// Open or closed when one eye is and the other does not contradict; unknown otherwise.
  eye_state state() const;
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
  /// `face`. Nothing is known of faces that are too small.
  seen_eyes look(const plane_view& luma, const box& face);

private:
  struct state;
  explicit eye_finder(std::unique_ptr<state> loaded);

  std::unique_ptr<state> state_;
};

} // namespace timeloom
