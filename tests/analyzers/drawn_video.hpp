/// Small frames made in code, for the analyzers that see them inside the decode.
#pragma once

#include "core/picture.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace timeloom {

/// Owns the planes that a small_frame points into. 4:2:0, neutral grey to begin with.
struct drawn_frame {
  plane luma;
  plane cb;
  plane cr;

  drawn_frame(int width, int height)
      : luma(width, height), cb((width + 1) / 2, (height + 1) / 2), cr((width + 1) / 2, (height + 1) / 2) {
    fill(0, 0, width, height, 128, 128, 128);
  }

  void fill(int left, int top, int right, int bottom, int y, int u, int v) {
    for (int row = top; row < bottom; ++row) {
      std::fill(luma.row(row) + left, luma.row(row) + right, static_cast<std::uint8_t>(y));
      std::fill(cb.row(row / 2) + left / 2, cb.row(row / 2) + (right + 1) / 2, static_cast<std::uint8_t>(u));
      std::fill(cr.row(row / 2) + left / 2, cr.row(row / 2) + (right + 1) / 2, static_cast<std::uint8_t>(v));
    }
  }

  small_frame at(std::int64_t index, double rate_hz = 30, color_matrix matrix = color_matrix::bt709) const {
    return {{index, from_seconds(static_cast<double>(index) / rate_hz)}, luma.view(), cb.view(), cr.view(), matrix};
  }
};

/// A number in [0, 1) that looks random but is always the same for the same place.
inline float noise_at(int x, int y, std::uint32_t seed) {
  std::uint32_t h = static_cast<std::uint32_t>(x) * 0x9e3779b1U ^ static_cast<std::uint32_t>(y) * 0x85ebca77U ^ seed;
  h = (h ^ (h >> 15)) * 0x2c1b3c6dU;
  h = (h ^ (h >> 12)) * 0x297a2d39U;
  return static_cast<float>((h ^ (h >> 15)) >> 8) / 16777216.0F;
}

/// Noise made smooth between whole places.
inline float smooth_noise(float x, float y, std::uint32_t seed) {
  const float left = std::floor(x);
  const float top = std::floor(y);
  const float right_share = x - left;
  const float below_share = y - top;
  const int i = static_cast<int>(left);
  const int j = static_cast<int>(top);
  const float above = noise_at(i, j, seed) * (1 - right_share) + noise_at(i + 1, j, seed) * right_share;
  const float below = noise_at(i, j + 1, seed) * (1 - right_share) + noise_at(i + 1, j + 1, seed) * right_share;
  return above * (1 - below_share) + below * below_share;
}

/// Luma of an endless wall with blobs of several sizes, at (x, y) in pixels.
inline float wall_luma(float x, float y, std::uint32_t seed) {
  return 30 + 110 * smooth_noise(x / 23, y / 23, seed) + 90 * smooth_noise(x / 7, y / 7, seed + 1);
}

/// Where a camera looks at the wall.
struct view {
  float x = 0, y = 0; ///< px from where it began, right and down
  float zoom = 1;
  float roll = 0; ///< radians by which the camera is turned clockwise
};

inline void draw_wall(drawn_frame& frame, const view& from, std::uint32_t seed = 1) {
  const int width = frame.luma.width();
  const int height = frame.luma.height();
  const float cosine = std::cos(from.roll) / from.zoom;
  const float sine = std::sin(from.roll) / from.zoom;
  for (int row = 0; row < height; ++row) {
    const float y = static_cast<float>(row) - static_cast<float>(height) / 2;
    for (int column = 0; column < width; ++column) {
      const float x = static_cast<float>(column) - static_cast<float>(width) / 2;
      const float luma = wall_luma(from.x + cosine * x - sine * y, from.y + sine * x + cosine * y, seed);
      frame.luma.row(row)[column] = static_cast<std::uint8_t>(std::clamp(luma, 0.0F, 255.0F));
    }
  }
}

} // namespace timeloom
