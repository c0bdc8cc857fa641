/// What pictures look like that are sampled for the analyzers of other processes: upright, square pixels, one format.
#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <string_view>

namespace timeloom {

/// `bgr0` (4 bytes, the last one without meaning) is for drawing on; it never goes into a slot.
enum class sample_format : std::uint8_t { gray8, bgr24, bgr0 };

std::string_view to_string(sample_format format);
expected<sample_format> sample_format_from_string(std::string_view name);
int bytes_per_pixel(sample_format format);

/// What an analyzer wants: pictures whose longer side is at most `long_side_px`, never enlarged.
struct sample_shape {
  int long_side_px = 1280;
  sample_format format = sample_format::gray8;

  bool operator==(const sample_shape&) const = default;
};

/// Size of a picture in memory; rows have no gaps.
struct picture_size {
  int width = 0;
  int height = 0;

  bool operator==(const picture_size&) const = default;
};

/// The most bytes that a picture of this shape can take.
std::int64_t largest_bytes(const sample_shape& shape);

} // namespace timeloom
