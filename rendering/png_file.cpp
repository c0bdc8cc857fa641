#include "rendering/png_file.hpp"

#include <cerrno>
#include <unistd.h>

namespace timeloom {

namespace {

cairo_status_t write_all(void* closure, const unsigned char* bytes, unsigned count) {
  const int fd = *static_cast<int*>(closure);
  while (count > 0) {
    const auto written = ::write(fd, bytes, count);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return CAIRO_STATUS_WRITE_ERROR;
    bytes += written;
    count -= static_cast<unsigned>(written);
  }
  return CAIRO_STATUS_SUCCESS;
}

} // namespace

expected<void> write_png(cairo_surface_t* surface, int fd) {
  errno = 0;
  if (const auto status = cairo_surface_write_to_png_stream(surface, write_all, &fd); status != CAIRO_STATUS_SUCCESS)
    return fail(status == CAIRO_STATUS_WRITE_ERROR ? errc::io : errc::exhausted, "the PNG was not written: {}",
                status == CAIRO_STATUS_WRITE_ERROR ? errno_text(errno) : cairo_status_to_string(status));
  return {};
}

} // namespace timeloom
