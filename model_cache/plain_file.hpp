/// Small texts and large model files: read, hashed, replaced at once. Any thread.
#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace timeloom {

/// All of the regular file `path`. `what` is what messages call it, such as "manifest". Fails with `errc::not_found` or
/// `errc::io`, or with `errc::invalid_config` when it is larger than `most_bytes`.
expected<std::string> read_plain_file(const std::string& path, std::string_view what, std::size_t most_bytes);

/// Whether `path` is a regular file that can be read. Fails with `errc::not_found` or `errc::io`.
expected<void> check_plain_file(const std::string& path, std::string_view what);

/// Its size; 0 when it is not there.
std::int64_t plain_file_bytes(const std::string& path);

/// The SHA-256 of the regular file `path` as 64 hex digits, read a piece at a time. Fails as `check_plain_file`.
expected<std::string> sha256_of_plain_file(const std::string& path, std::string_view what);

/// Replaces the file `path` by one that holds `text`, or makes it: readers see the old or the new, also after a crash.
/// Its mode stays; a symbolic link stays and what it leads to is replaced. Fails with `errc::io`.
expected<void> replace_plain_file(const std::string& path, const std::string& text);

} // namespace timeloom
