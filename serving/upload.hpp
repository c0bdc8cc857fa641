/// A video that comes over HTTP, written to disk while it comes. One owner, one thread.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"
#include "serving/journal.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace timeloom {

/// The name to give a file that the client calls `wanted`: without folders, without leading dots and control
/// characters, at most 200 bytes of which the extension is kept. Empty when nothing is left.
std::string upload_name(std::string_view wanted);

class upload {
public:
  /// Makes FOLDER/RANDOM/ and room for `bytes` in it. Fails with `exhausted` when the disk has not so much, or less
  /// than `least_free_bytes` besides.
  static expected<upload> begin(const std::string& folder, std::int64_t bytes, std::int64_t least_free_bytes);
  upload(upload&& other) noexcept : folder_(std::exchange(other.folder_, {})), file_(std::move(other.file_)) {}
  upload& operator=(upload&&) = delete;
  /// Removes everything unless `keep` was called.
  ~upload();

  expected<void> write(std::span<const char> bytes);

  /// Gives the file its name, with its bytes on disk; its path.
  expected<std::string> finish(const std::string& name);
  void keep() { folder_.clear(); }

private:
  upload(std::string folder, unique_fd file) : folder_(std::move(folder)), file_(std::move(file)) {}
  std::string folder_;
  unique_fd file_;
};

/// Removes the uploads in `folder` that nobody needs any more: those whose jobs were all over before `over_before`, and
/// those without a job that came before `started`, when the process began: what one that died left behind.
expected<void> sweep_uploads(const std::string& folder, journal_view& jobs, wall_time started, wall_time over_before);

} // namespace timeloom
