#include "actors/slot_picture.hpp"

namespace timeloom {

expected<sampled_frame> picture_in(const frame_ring& ring, const frame_reference& reference) {
  if (reference.slot < 0 || reference.slot >= ring.shape().slots || reference.width < 1 || reference.height < 1 ||
      reference.format > static_cast<std::uint8_t>(sample_format::bgr24))
    return fail(errc::protocol, "frame {} refers to no picture in slot {}", reference.index, reference.slot);
  const auto format = static_cast<sample_format>(reference.format);
  const auto row_bytes = std::int64_t{reference.width} * bytes_per_pixel(format);
  if (reference.height > ring.shape().slot_bytes / row_bytes) // the product may not fit 64 bits
    return fail(errc::protocol, "frame {} is larger than its slot", reference.index);
  return sampled_frame{{reference.index, media_time{reference.time_ns}},
                       {reference.width, reference.height},
                       format,
                       ring.slot(reference.slot).first(static_cast<std::size_t>(row_bytes * reference.height))};
}

} // namespace timeloom
