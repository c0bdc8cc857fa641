/// Fitting a picture into a model's input: scaled to fit with its aspect kept, centred, the rest filled with
/// `letterbox_fill`. As YOLO does it: Ultralytics, `LetterBox` in ultralytics/data/augment.py. Geometry only; plain
/// functions that any thread may call.
#pragma once

#include "analyzers/batch_analyzer.hpp"
#include "core/geometry.hpp"

#include <cstdint>
#include <optional>

namespace timeloom {

inline constexpr std::uint8_t letterbox_fill = 114;

/// Where the scaled picture lies in the model's input, in the input's pixels.
struct letterbox {
  double scale = 1; ///< before the sizes were rounded
  int pad_x = 0;    ///< columns left of it; an odd column more is on the right
  int pad_y = 0;    ///< rows above it; an odd row more is below
  int width = 0;    ///< of the scaled picture, at least 1
  int height = 0;

  bool operator==(const letterbox&) const = default;
};

/// For a picture of `width` x `height` in an input of `input_width` x `input_height` pixels; all must be positive.
letterbox fit_letterbox(int width, int height, int input_width, int input_height);

/// The part inside the picture of a box whose corners the model gave in pixels of its input. None when the box is not
/// finite or lies outside, or is without area there.
std::optional<box> to_picture(const letterbox& fit, double x1, double y1, double x2, double y2);

/// A point that the model gave in pixels of its input, with its score clamped to [0, 1]. A point that is more than an
/// input pixel outside the picture is put on its edge with a score of 0; one that is not finite is (0, 0) and 0.
keypoint to_picture(const letterbox& fit, const keypoint& in_input);

} // namespace timeloom
