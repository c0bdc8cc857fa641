/// Pictures as PNG files.
#pragma once

#include "core/error.hpp"
#include "rendering/cairo.hpp"

namespace timeloom {

/// Writes `surface` to `fd`, which stays open.
expected<void> write_png(cairo_surface_t* surface, int fd);

} // namespace timeloom
