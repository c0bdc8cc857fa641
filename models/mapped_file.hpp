/// A regular file in memory, read only. One owner; any thread may read.
///
/// The pages come when they are read: a file that somebody cuts short meanwhile ends the process (SIGBUS).
#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace timeloom {

class mapped_file {
public:
  /// Fails with `errc::not_found`, `errc::io`, or `errc::unsupported` when it is no regular file.
  static expected<mapped_file> open(const std::string& path);

  mapped_file(mapped_file&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  mapped_file& operator=(mapped_file&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~mapped_file();

  std::span<const std::byte> bytes() const { return bytes_; }
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

private:
  explicit mapped_file(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> bytes_;
};

} // namespace timeloom
