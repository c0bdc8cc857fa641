/// Cairo's and Pango's handles with one owner each, and colours. Only files of `rendering/` include this.
#pragma once

#include <cairo.h>
#include <memory>
#include <pango/pangocairo.h>

namespace timeloom::cairo {

struct surface_destroy {
  void operator()(cairo_surface_t* p) const { cairo_surface_destroy(p); }
};
struct context_destroy {
  void operator()(cairo_t* p) const { cairo_destroy(p); }
};
struct object_unref {
  void operator()(PangoLayout* p) const { g_object_unref(p); }
};

using surface = std::unique_ptr<cairo_surface_t, surface_destroy>;
using context = std::unique_ptr<cairo_t, context_destroy>;
using layout = std::unique_ptr<PangoLayout, object_unref>;

} // namespace timeloom::cairo
