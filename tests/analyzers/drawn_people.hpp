/// Faces and people drawn by code, as far as detectors take them for real ones.
#pragma once

#include "tests/analyzers/drawn_video.hpp"

#include <cmath>
#include <initializer_list>

namespace timeloom {

/// Luma to draw on, with soft edges.
class canvas {
public:
  canvas(int width, int height, int luma) : picture_(width, height) {
    for (int y = 0; y < height; ++y)
      std::fill(picture_.row(y), picture_.row(y) + width, static_cast<std::uint8_t>(luma));
  }

  /// An ellipse around a point, all in pixels.
  void ellipse(double x, double y, double half_width, double half_height, double luma) {
    for (int row = 0; row < picture_.height(); ++row)
      for (int column = 0; column < picture_.width(); ++column) {
        const double distance = std::hypot((column - x) / half_width, (row - y) / half_height);
        const double edge = std::min(half_width, half_height) * (1 - distance); // pixels inside
        const double cover = std::clamp(edge + 0.5, 0.0, 1.0);
        auto& sample = picture_.row(row)[column];
        sample = static_cast<std::uint8_t>(std::lround(sample + cover * (luma - sample)));
      }
  }

  plane_view view() const { return picture_.view(); }
  plane& picture() { return picture_; }

private:
  plane picture_;
};

/// A frontal face `side` pixels wide around (x, y), with open eyes that look `gaze` of an eye's half width to the
/// right, or with closed ones.
inline void draw_face(canvas& on, double x, double y, double side, bool open_eyes = true, double gaze = 0) {
  on.ellipse(x, y - 0.25 * side, 0.60 * side, 0.62 * side, 45);  // hair
  on.ellipse(x, y, 0.47 * side, 0.66 * side, 185);               // skin
  on.ellipse(x, y - 0.30 * side, 0.40 * side, 0.26 * side, 200); // forehead
  for (const double to : {-1.0, 1.0}) {
    const double eye = x + to * 0.20 * side;
    const double height = y - 0.10 * side;
    on.ellipse(eye, height - 0.02 * side, 0.15 * side, 0.10 * side, 155);  // its hollow
    on.ellipse(eye, height - 0.115 * side, 0.13 * side, 0.028 * side, 60); // brow
    if (open_eyes) {
      on.ellipse(eye, height, 0.095 * side, 0.050 * side, 70);  // lids
      on.ellipse(eye, height, 0.085 * side, 0.040 * side, 225); // white
      on.ellipse(eye + gaze * 0.085 * side, height, 0.040 * side, 0.042 * side, 30);
    } else {
      on.ellipse(eye, height, 0.095 * side, 0.050 * side, 165);             // lid
      on.ellipse(eye, height + 0.03 * side, 0.10 * side, 0.010 * side, 70); // lashes
    }
    on.ellipse(x + to * 0.27 * side, y + 0.18 * side, 0.13 * side, 0.12 * side, 205); // cheek
  }
  on.ellipse(x, y + 0.06 * side, 0.05 * side, 0.17 * side, 205); // nose
  on.ellipse(x - 0.05 * side, y + 0.20 * side, 0.025 * side, 0.018 * side, 90);
  on.ellipse(x + 0.05 * side, y + 0.20 * side, 0.025 * side, 0.018 * side, 90);
  on.ellipse(x, y + 0.35 * side, 0.17 * side, 0.040 * side, 95); // mouth
  on.ellipse(x, y + 0.50 * side, 0.15 * side, 0.05 * side, 200); // chin
}

/// A standing person, `height` pixels high, the feet at (x, y).
inline void draw_person(canvas& on, double x, double y, double height, int luma = 40) {
  on.ellipse(x, y - 0.92 * height, 0.055 * height, 0.075 * height, luma); // head
  on.ellipse(x, y - 0.82 * height, 0.03 * height, 0.05 * height, luma);
  on.ellipse(x, y - 0.76 * height, 0.125 * height, 0.06 * height, luma); // shoulders
  on.ellipse(x, y - 0.62 * height, 0.105 * height, 0.20 * height, luma); // trunk
  for (const double to : {-1.0, 1.0}) {
    on.ellipse(x + to * 0.125 * height, y - 0.60 * height, 0.03 * height, 0.18 * height, luma);  // arm
    on.ellipse(x + to * 0.055 * height, y - 0.24 * height, 0.045 * height, 0.26 * height, luma); // leg
  }
}

/// Walls of blobs, of which nothing is a face or a person.
inline canvas drawn_wall(int width, int height, std::uint32_t seed) {
  canvas wall(width, height, 0);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      wall.picture().row(y)[x] =
          static_cast<std::uint8_t>(wall_luma(static_cast<float>(x) / 2, static_cast<float>(y) / 2, seed));
  return wall;
}

} // namespace timeloom
