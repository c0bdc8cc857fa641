/// A file and the content it has now. Plain data; any thread.
#pragma once

#include "core/error.hpp"
#include "serving/job_entry.hpp"

#include <string>
#include <sys/stat.h>

namespace timeloom {

struct seen_file {
  std::string path; ///< absolute; bytes, not always UTF-8
  file_version version;

  bool operator==(const seen_file&) const = default;
};

file_version version_of(const struct stat& status);

/// Whether one may be a copy of the other: the same size and time, which some file systems count in steps of two
/// seconds.
bool looks_like(const file_version& a, const file_version& b);

/// What the path leads to now, symbolic links followed. `not_found` when there is nothing, `not_allowed` when it is no
/// regular file, `io` when it cannot be looked at.
expected<seen_file> look_at(const std::string& path);

} // namespace timeloom
