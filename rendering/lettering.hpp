/// Words in a picture, in any script: Pango lays them out in the fonts that fontconfig finds.
///
/// One owner, one thread; belongs to one drawing context and must not outlive it.
#pragma once

#include "rendering/cairo.hpp"
#include "rendering/ink.hpp"

#include <string_view>

namespace timeloom {

struct text_size {
  double width = 0; ///< pixels
  double height = 0;
};

class lettering {
public:
  /// `target` stays its owner's.
  explicit lettering(cairo_t* target);

  /// The text that the next calls are about: one line of UTF-8 (a line break is shown as a sign), `font_px` high,
  /// shortened by "..." to at most `width_px`. Text is text: no markup is understood.
  void set(std::string_view text, double font_px, double width_px);

  text_size size() const;
  /// With its upper left corner at `x`, `y`.
  void draw(double x, double y, const ink& color) const;

private:
  cairo_t* target_;
  cairo::layout layout_;
  double font_px_ = 0;
};

} // namespace timeloom
