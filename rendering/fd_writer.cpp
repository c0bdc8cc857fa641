#include "rendering/fd_writer.hpp"

#include "core/durable_file.hpp"

#include <cerrno>
#include <unistd.h>

namespace timeloom {

namespace {

constexpr int buffer_bytes = 256 * 1024;

} // namespace

expected<std::unique_ptr<fd_writer>> fd_writer::create(unique_fd fd) {
  std::unique_ptr<fd_writer> writer{new fd_writer{std::move(fd)}};
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(buffer_bytes));
  if (buffer == nullptr)
    return fail(errc::exhausted, "no memory to write a video");
  writer->context_.reset(avio_alloc_context(buffer, buffer_bytes, 1, writer.get(), nullptr, write, seek));
  if (!writer->context_) {
    av_free(buffer);
    return fail(errc::exhausted, "no memory to write a video");
  }
  return writer;
}

int fd_writer::failed() {
  const int number = errno;
  if (problem_.empty())
    problem_ = errno_text(number);
  return AVERROR(number);
}

#if LIBAVFORMAT_VERSION_MAJOR < 61
int fd_writer::write(void* self, std::uint8_t* bytes, int size) {
#else
int fd_writer::write(void* self, const std::uint8_t* bytes, int size) {
#endif
  auto& writer = *static_cast<fd_writer*>(self);
  if (!write_bytes(writer.fd_.get(), {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)}))
    return writer.failed();
  return size;
}

std::int64_t fd_writer::seek(void* self, std::int64_t offset, int whence) {
  auto& writer = *static_cast<fd_writer*>(self);
  if ((whence & AVSEEK_SIZE) != 0)
    return AVERROR(ENOSYS);
  const auto at = ::lseek(writer.fd_.get(), offset, whence & ~AVSEEK_FORCE);
  return at < 0 ? writer.failed() : at;
}

} // namespace timeloom
