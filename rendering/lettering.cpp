#include "rendering/lettering.hpp"

namespace timeloom {

lettering::lettering(cairo_t* target) : target_(target), layout_(pango_cairo_create_layout(target)) {
  pango_layout_set_single_paragraph_mode(layout_.get(), TRUE);
  pango_layout_set_ellipsize(layout_.get(), PANGO_ELLIPSIZE_END);
}

void lettering::set(std::string_view text, double font_px, double width_px) {
  if (font_px != font_px_) {
    font_px_ = font_px;
    PangoFontDescription* font = pango_font_description_from_string("Sans Bold");
    pango_font_description_set_absolute_size(font, font_px * PANGO_SCALE);
    pango_layout_set_font_description(layout_.get(), font);
    pango_font_description_free(font);
  }
  pango_layout_set_width(layout_.get(), static_cast<int>(width_px * PANGO_SCALE));
  pango_layout_set_text(layout_.get(), text.data(), static_cast<int>(text.size()));
}

text_size lettering::size() const {
  PangoRectangle logical{};
  pango_layout_get_extents(layout_.get(), nullptr, &logical);
  return {static_cast<double>(logical.width) / PANGO_SCALE, static_cast<double>(logical.height) / PANGO_SCALE};
}

void lettering::draw(double x, double y, const ink& color) const {
  cairo_set_source_rgba(target_, color.red, color.green, color.blue, color.opacity);
  cairo_move_to(target_, x, y);
  pango_cairo_show_layout(target_, layout_.get());
}

} // namespace timeloom
