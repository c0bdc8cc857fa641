/// Where a thing went: its boxes over time, in bounded memory. A plain class, one owner.
#pragma once

#include "core/geometry.hpp"
#include "core/media_time.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace timeloom {

struct path_point {
  media_time time{0};
  box area;

  bool operator==(const path_point&) const = default;
};

class track_path {
public:
  static constexpr std::size_t most_points = 32;

  /// `next` must not be before the point added last; the same point again is none.
  void add(const path_point& next);

  /// At most `most_points`, in order of time. The first and the last added are among them; between them is every n-th,
  /// n being a power of two that grows with the path.
  std::vector<path_point> points() const;

private:
  std::vector<path_point> kept_; // every `stride_`-th of those added, one fewer than `most_points` at most
  path_point last_;
  std::int64_t added_ = 0;
  std::int64_t stride_ = 1;
};

} // namespace timeloom
