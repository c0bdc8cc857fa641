/// What an analyzer found: one moment or span of a video with whatever describes it.
#pragma once

#include "core/geometry.hpp"
#include "core/media_time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace timeloom {

/// A value that only one analyzer knows the meaning of, shaped like JSON.
struct attribute {
  using list = std::vector<attribute>;
  using object = std::vector<std::pair<std::string, attribute>>;

  std::variant<bool, std::int64_t, double, std::string, list, object> value;

  attribute() : value(false) {}
  attribute(bool v) : value(v) {}
  attribute(int v) : value(std::int64_t{v}) {}
  attribute(std::int64_t v) : value(v) {}
  attribute(double v) : value(v) {}
  attribute(const char* v) : value(std::string{v}) {}
  attribute(std::string v) : value(std::move(v)) {}
  attribute(list v) : value(std::move(v)) {}
  attribute(object v) : value(std::move(v)) {}

  bool operator==(const attribute&) const = default;
};

struct event {
  std::string analyzer;              ///< catalog id, such as "cut_analysis"
  std::string kind;                  ///< what it is, in the analyzer's own terms, such as "cut" or "pan"
  frame_position start;              ///< the frame it happens at, or the first frame of the span
  std::optional<frame_position> end; ///< the last frame of the span (inclusive); absent for a moment
  std::optional<std::string> label;  ///< a short name of what was found
  std::optional<double> score;       ///< confidence in [0, 1]
  std::optional<box> area;           ///< where, in the upright picture
  std::optional<std::string> text;   ///< words that were read or written, UTF-8
  std::optional<std::int64_t> track; ///< the same thing seen again has the same number within an analyzer
  attribute::object attributes;      ///< the rest, in the order to print it

  bool operator==(const event&) const = default;
};

} // namespace timeloom
