/// Makes the pictures for the analyzers that run in other processes.
#pragma once

#include "core/error.hpp"
#include "media/frame_source.hpp"
#include "media/sample_shape.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace timeloom {

class scaler;

/// The size that `frame` has when sampled in `shape`.
picture_size sampled_size(const decoded_frame& frame, const sample_shape& shape);

/// Converts one frame after another; keeps its scaler. One owner, one thread.
class picture_sampler {
public:
  picture_sampler();
  ~picture_sampler();

  /// Writes `frame` into `target`, (height, width[, 3 or 4]) uint8, full range, laid over black where it is
  /// transparent, and gives the size. Fails when the format cannot be converted or `target` is too small.
  expected<picture_size> sample(const decoded_frame& frame, const sample_shape& shape, std::span<std::uint8_t> target);

private:
  std::unique_ptr<scaler> scaler_;
};

} // namespace timeloom
