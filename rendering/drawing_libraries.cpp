#include "rendering/drawing_libraries.hpp"

#include "rendering/cairo.hpp"

namespace timeloom {

std::vector<std::string> drawing_library_versions() {
  return {std::string{"cairo "} + cairo_version_string(), std::string{"Pango "} + pango_version_string()};
}

bool finds_a_font() {
  PangoFontFamily** families = nullptr;
  int count = 0;
  pango_font_map_list_families(pango_cairo_font_map_get_default(), &families, &count);
  g_free(families);
  return count > 0;
}

} // namespace timeloom
