/// A picture to draw on: lines with a dark edge, labels that keep out of each other's way, notes in the corners.
///
/// Places and boxes are fractions of the upright picture, as in events; sizes are `unit`s, hundredths of the picture's
/// height (of a 16:9 picture of the same area), so that a drawing looks the same at every resolution. One owner, one
/// thread.
#pragma once

#include "core/error.hpp"
#include "core/geometry.hpp"
#include "media/sample_shape.hpp"
#include "rendering/cairo.hpp"
#include "rendering/ink.hpp"
#include "rendering/label_place.hpp"
#include "rendering/lettering.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace timeloom {

struct place {
  double x = 0;
  double y = 0;
};

enum class line_style : std::uint8_t { solid, dashed };

enum class corner : std::uint8_t { top_left, top_right, top, bottom_left };

class canvas {
public:
  /// Fails when there is no memory for a picture of `size`.
  static expected<canvas> create(picture_size size);

  picture_size size() const { return size_; }

  /// Its pixels, (height, width, 4) uint8, BGR0, rows without gaps: the next picture is written here, then `start` is
  /// called and everything drawn.
  std::span<std::uint8_t> pixels();
  std::span<const std::uint8_t> pixels() const;
  /// The same for Cairo; stays this canvas's.
  cairo_surface_t* surface() const { return surface_.get(); }
  /// Forgets the labels and notes of the picture before.
  void start();
  /// The same for a picture of another size, BGR0: scaled to fit, with black beside it. Boxes are then within it.
  void start(std::span<const std::uint8_t> pixels, picture_size size);
  /// Draws the labels, for which a place is known only when all else is drawn.
  void finish();

  double unit() const { return unit_; }

  void outline(const box& area, const ink& color, line_style style = line_style::solid, double width_units = 0.35);
  void line(std::span<const place> points, const ink& color, double width_units = 0.35);
  void dot(const place& at, const ink& color, double radius_units = 0.6);
  void arrow(const place& from, const place& to, const ink& color, double width_units = 0.5);
  /// Part of a circle, by degrees clockwise from the right, with an arrow's head at `to`.
  void arc_arrow(const place& centre, double radius_units, double from_degrees, double to_degrees, const ink& color);
  void fill(const box& area, const ink& color);
  /// Along the picture's edge.
  void frame(const ink& color, double width_units);

  /// Words about the box: drawn by `finish` beside it.
  void label(const box& about, std::string text, const ink& color);
  /// Words below those that the corner has already.
  void note(corner where, std::string_view text, const ink& color);
  /// Room in a corner, for other drawings; labels keep off it.
  box reserve(corner where, double width_units, double height_units);
  /// A strip along the lower edge.
  box reserve_strip(double height_units);

private:
  struct pending_label {
    pixel_box about;
    std::string text;
    ink color;
  };

  canvas(picture_size size, std::vector<std::uint8_t> memory, cairo::surface surface, cairo::context context);
  place px(const place& at) const;
  pixel_box px(const box& area) const;
  void stroke(const ink& color, double width_units);
  void head(const place& tip, double direction, const ink& color, double length);
  void plate(const pixel_box& area, const ink& color);
  pixel_box take(corner where, double width, double height);

  picture_size size_;
  std::vector<std::uint8_t> memory_; // padded: swscale reads whole vectors
  cairo::surface surface_;
  cairo::context context_;
  lettering letters_;
  double unit_ = 1;
  double font_px_ = 1;
  pixel_box picture_; // where the picture lies
  std::vector<pending_label> labels_;
  std::vector<pixel_box> taken_;
  double used_px_[4] = {}; // of each corner, from its edge
};

} // namespace timeloom
