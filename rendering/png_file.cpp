#include "rendering/png_file.hpp"

#include "core/durable_file.hpp"

#include <cerrno>

namespace timeloom {

namespace {

cairo_status_t write_piece(void* closure, const unsigned char* bytes, unsigned count) {
  const bool written = write_bytes(*static_cast<int*>(closure), {reinterpret_cast<const char*>(bytes), count});
  return written ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

} // namespace

expected<void> write_png(cairo_surface_t* surface, int fd) {
  errno = 0;
  if (const auto status = cairo_surface_write_to_png_stream(surface, write_piece, &fd); status != CAIRO_STATUS_SUCCESS)
    return fail(status == CAIRO_STATUS_WRITE_ERROR ? errc::io : errc::exhausted, "the PNG was not written: {}",
                status == CAIRO_STATUS_WRITE_ERROR ? errno_text(errno) : cairo_status_to_string(status));
  return {};
}

} // namespace timeloom
