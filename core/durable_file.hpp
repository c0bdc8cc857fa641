/// Files that are on disk when a function returns, so that a crash leaves them whole or not there. Any thread.
#pragma once

#include "core/error.hpp"

#include <string>
#include <string_view>

namespace timeloom {

/// Writes all of `bytes`, whatever interrupts; false, with errno, when it cannot.
bool write_bytes(int fd, std::string_view bytes);

/// The same; `path` is for messages.
expected<void> write_all(int fd, std::string_view bytes, const std::string& path);

/// The same, and syncs.
expected<void> write_durably(int fd, std::string_view bytes, const std::string& path);

/// Makes the file `path`, in place of one that is there, with `mode` less the umask. What was begun and failed is
/// removed.
expected<void> write_file_durably(const std::string& path, std::string_view bytes, unsigned mode = 0666);

/// Syncs the bytes of a file that somebody else wrote.
expected<void> sync_file(const std::string& path);

/// Syncs the entries of a folder: names that were given or taken away in it.
expected<void> sync_folder(const std::string& path);

} // namespace timeloom
