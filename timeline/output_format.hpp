/// The forms in which a timeline is written. Any thread.
#pragma once

#include "timeline/timeline.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace timeloom {

enum class output_format : std::uint8_t { json, vtt, csv, html };

inline constexpr std::array<std::string_view, 4> output_format_names{"json", "vtt", "csv", "html"}; ///< in their order

std::string_view to_string(output_format format);
std::optional<output_format> output_format_from_string(std::string_view name);

/// The whole text of the file.
std::string export_as(output_format format, const timeline& made);

} // namespace timeloom
