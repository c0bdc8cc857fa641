#include "analyzers/letterbox.hpp"

#include <algorithm>
#include <cmath>

namespace timeloom {

letterbox fit_letterbox(int width, int height, int input_width, int input_height) {
  letterbox fit;
  fit.scale = std::min(static_cast<double>(input_width) / width, static_cast<double>(input_height) / height);
  fit.width = std::clamp(static_cast<int>(std::lround(width * fit.scale)), 1, input_width);
  fit.height = std::clamp(static_cast<int>(std::lround(height * fit.scale)), 1, input_height);
  fit.pad_x = (input_width - fit.width) / 2;
  fit.pad_y = (input_height - fit.height) / 2;
  return fit;
}

std::optional<box> to_picture(const letterbox& fit, double x1, double y1, double x2, double y2) {
  if (!std::isfinite(x1) || !std::isfinite(y1) || !std::isfinite(x2) || !std::isfinite(y2))
    return std::nullopt;
  // By the rounded size rather than the scale, since that is what the picture was resized to.
  const double left = std::clamp((x1 - fit.pad_x) / fit.width, 0.0, 1.0);
  const double top = std::clamp((y1 - fit.pad_y) / fit.height, 0.0, 1.0);
  const double right = std::clamp((x2 - fit.pad_x) / fit.width, 0.0, 1.0);
  const double bottom = std::clamp((y2 - fit.pad_y) / fit.height, 0.0, 1.0);
  if (right <= left || bottom <= top)
    return std::nullopt;
  return box{left, top, right - left, bottom - top};
}

keypoint to_picture(const letterbox& fit, const keypoint& in_input) {
  if (!std::isfinite(in_input.x) || !std::isfinite(in_input.y) || !std::isfinite(in_input.score))
    return {};
  const double right = in_input.x - fit.pad_x;
  const double down = in_input.y - fit.pad_y;
  const bool inside = right >= -1 && right <= fit.width + 1 && down >= -1 && down <= fit.height + 1;
  return {std::clamp(right / fit.width, 0.0, 1.0), std::clamp(down / fit.height, 0.0, 1.0),
          inside ? std::clamp(in_input.score, 0.0, 1.0) : 0.0};
}

} // namespace timeloom
