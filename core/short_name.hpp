/// Names for files that are made from other names. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace timeloom {

/// Eight hex digits, only to tell names apart (FNV-1a, 32 bits).
std::string short_hash(std::string_view text);

/// The first `limit` bytes of `text`, or fewer, so that no character of UTF-8 is cut.
std::string_view first_bytes(std::string_view text, std::size_t limit);

/// `name` of at most 200 bytes, so that endings still fit a file name's 255; what was cut off is told by a hash. Never
/// cut within a character of UTF-8.
std::string shortened(std::string_view name);

} // namespace timeloom
