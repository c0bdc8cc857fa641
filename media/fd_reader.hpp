/// Lets FFmpeg read from a descriptor and nothing else, and hashes the file on the way.
///
/// FFmpeg never sees a path, so nothing in a file can make it open another. Owned by one demuxer; one thread.
#pragma once

#include "core/sha256.hpp"
#include "core/unique_fd.hpp"
#include "media/ffmpeg.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace timeloom {

class fd_reader {
public:
  /// Takes over `fd`. Fails with `errc::not_allowed` when it is no regular file; `name` is for the message.
  /// `still_at_it`, if any, is called after each read, until so much was read that a demuxer must turn in circles.
  static expected<std::unique_ptr<fd_reader>> create(unique_fd fd, const std::string& name,
                                                     std::function<void()> still_at_it = {});
  ~fd_reader();
  fd_reader(const fd_reader&) = delete;
  fd_reader& operator=(const fd_reader&) = delete;

  /// Size of the file when it was opened.
  std::int64_t bytes() const { return bytes_; }

  /// What to hand to FFmpeg; lives as long as this.
  AVIOContext* context() { return context_.get(); }

  /// SHA-256 of the whole file as 64 hex digits. Bytes that FFmpeg read in order are hashed already, as are short
  /// stretches that it passed over; the rest is read now. Once, at the end.
  expected<std::string> sha256();

private:
  fd_reader(unique_fd fd, std::int64_t bytes, std::function<void()> still_at_it);
  static int read(void* self, std::uint8_t* buffer, int size);
  static std::int64_t seek(void* self, std::int64_t offset, int whence);
  void hash_gap(std::int64_t end);
  void hash(const std::uint8_t* data, std::int64_t offset, std::int64_t size);

  unique_fd fd_;
  std::int64_t bytes_;
  std::function<void()> still_at_it_;
  std::int64_t offset_ = 0;
  std::int64_t read_ = 0;   // bytes, those that were read again included
  std::int64_t hashed_ = 0; // the bytes [0, hashed_) went into digest_
  timeloom::sha256 digest_;
  ffmpeg::io_context context_;
};

} // namespace timeloom
