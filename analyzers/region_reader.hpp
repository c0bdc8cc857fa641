/// Reads the line in a region, in the ways that may help.
#pragma once

#include "analyzers/line_picture.hpp"
#include "analyzers/text_reader.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <utility>

namespace timeloom {

/// Reads a line picture.
using line_reader = std::function<expected<line_reading>(const plane_view&)>;

/// A plain class, one owner. Errors are the reader's.
class region_reader {
public:
  explicit region_reader(line_reader reader) : reader_(std::move(reader)) {}

  /// The best of several readings, light on dark as well as dark on light and with more or less of the picture taken
  /// out, until one is sure; what is hardly text is read once. The region's polarity and `choice` become the best way.
  expected<line_reading> read(const text_picture& picture, text_region& region, letter_choice& choice);

  /// One reading, in this way.
  expected<line_reading> read_as(const text_picture& picture, const text_region& region, letter_choice choice);

  /// How many line pictures were read.
  std::int64_t readings() const { return readings_; }

private:
  line_reader reader_;
  std::int64_t readings_ = 0;
};

/// Whether a line that was read so may be read better in another picture; `likelihood` is its region's.
bool needs_another(std::span<const line_reading> readings, double likelihood);

} // namespace timeloom
