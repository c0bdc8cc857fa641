/// Opens what the user named, in the process that is trusted, so that the process that parses gets only a descriptor.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <cstdint>
#include <string>

namespace timeloom {

/// A video file or a folder of images, open for reading.
struct input_file {
  unique_fd fd;
  bool is_folder = false;
  std::int64_t bytes = 0; ///< size of the file; 0 for a folder
  std::string real_path;  ///< where it really is, all symbolic links followed
};

/// Opens `path` for reading without following it out of `root` (an existing folder; empty allows every place).
/// Refuses URLs, FIFOs, devices and sockets with a sentence and never blocks on them. Any thread.
expected<input_file> open_input(const std::string& path, const std::string& root = {});

} // namespace timeloom
