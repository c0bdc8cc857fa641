/// Lets FFmpeg write to a descriptor and nothing else. Owned by one muxer; one thread.
#pragma once

#include "core/unique_fd.hpp"
#include "media/ffmpeg.hpp"

#include <memory>

namespace timeloom {

class fd_writer {
public:
  /// Takes over `fd`, a regular file.
  static expected<std::unique_ptr<fd_writer>> create(unique_fd fd);
  fd_writer(const fd_writer&) = delete;
  fd_writer& operator=(const fd_writer&) = delete;

  /// What to hand to FFmpeg; lives as long as this.
  AVIOContext* context() { return context_.get(); }

  /// Why the first write or seek failed, in the operating system's words; empty when none did.
  const std::string& problem() const { return problem_; }

private:
  explicit fd_writer(unique_fd fd) : fd_(std::move(fd)) {}
  // FFmpeg 7 has made the bytes constant.
#if LIBAVFORMAT_VERSION_MAJOR < 61
  static int write(void* self, std::uint8_t* bytes, int size);
#else
  static int write(void* self, const std::uint8_t* bytes, int size);
#endif
  static std::int64_t seek(void* self, std::int64_t offset, int whence);
  int failed();

  unique_fd fd_;
  std::string problem_;
  ffmpeg::io_context context_;
};

} // namespace timeloom
