#include "media/sample_shape.hpp"

namespace timeloom {

std::string_view to_string(sample_format format) {
  switch (format) {
  case sample_format::gray8:
    return "gray8";
  case sample_format::bgr24:
    return "bgr24";
  case sample_format::bgr0:
    break;
  }
  return "bgr0";
}

expected<sample_format> sample_format_from_string(std::string_view name) {
  for (const auto format : {sample_format::gray8, sample_format::bgr24})
    if (to_string(format) == name)
      return format;
  return fail(errc::protocol, "\"{}\" is no format of sampled pictures", name);
}

int bytes_per_pixel(sample_format format) {
  switch (format) {
  case sample_format::gray8:
    return 1;
  case sample_format::bgr24:
    return 3;
  case sample_format::bgr0:
    break;
  }
  return 4;
}

std::int64_t largest_bytes(const sample_shape& shape) {
  return std::int64_t{shape.long_side_px} * shape.long_side_px * bytes_per_pixel(shape.format);
}

} // namespace timeloom
