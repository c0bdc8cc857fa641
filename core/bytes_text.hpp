/// Sizes for people.
#pragma once

#include <cstdint>
#include <string>

namespace timeloom {

enum class rounding : std::uint8_t { nearest, down, up };

/// "1.5 GiB", "300.0 MiB", "12.0 KiB", "17 B": with one decimal, rounded to it as said.
std::string bytes_text(std::int64_t bytes, rounding to = rounding::nearest);

} // namespace timeloom
