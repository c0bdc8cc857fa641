/// Pictures for the analyzers that run in other processes: upright, square pixels, one pixel format.
#pragma once

#include "core/error.hpp"
#include "media/frame_source.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace timeloom {

class scaler;

enum class sample_format : std::uint8_t { gray8, bgr24 };

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

/// Converts one frame after another; keeps its scaler. One owner, one thread.
class picture_sampler {
public:
  picture_sampler();
  ~picture_sampler();

  /// Writes `frame` into `target`, (height, width[, 3]) uint8, full range, laid over black where it is transparent,
  /// and gives the size.
  /// Fails when the format cannot be converted or `target` is too small.
  expected<picture_size> sample(const decoded_frame& frame, const sample_shape& shape, std::span<std::uint8_t> target);

private:
  std::unique_ptr<scaler> scaler_;
};

} // namespace timeloom
