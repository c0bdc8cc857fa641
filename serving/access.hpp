/// The secret that opens the daemon: a token in a file that only its user can read. Any thread.
#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace timeloom {

/// From the kernel's generator, two hex digits a byte.
std::string random_hex(std::size_t bytes);

/// The token in `path`: its first line. Where there is no file it is made: 32 random bytes as hex, mode 0600, on disk
/// when this returns; of two processes that do so at once both get the same. Fails with `not_allowed` for a file that
/// others could read or that is another user's, and with `invalid_argument` for fewer than 32 characters, because
/// wrong tokens are slowed down but not counted for ever.
expected<std::string> token_of_file(const std::string& path);

/// Takes as long wherever the two differ.
bool same_secret(std::string_view given, std::string_view secret);

} // namespace timeloom
