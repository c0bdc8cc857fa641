#include "analyzers/stroke_parts.hpp"

#include "analyzers/disjoint_sets.hpp"

#include <algorithm>
#include <limits>

namespace timeloom {

namespace {

struct run {
  int left = 0;
  int right = 0;
  int part = 0;
};

void add(stroke_part& to, const stroke_part& other) {
  to.left = std::min(to.left, other.left);
  to.top = std::min(to.top, other.top);
  to.right = std::max(to.right, other.right);
  to.bottom = std::max(to.bottom, other.bottom);
  to.area += other.area;
  to.runs += other.runs;
  to.grays += other.grays;
  to.standing += other.standing;
}

} // namespace

std::vector<stroke_part> stroke_parts(const plane_view& gray, const plane_view& standing_out,
                                      const plane_view& threshold) {
  constexpr int far = std::numeric_limits<int>::max();
  std::vector<stroke_part> parts;
  std::vector<int> parents;
  std::vector<run> above, here;
  for (int y = 0; y < gray.height; ++y) {
    const std::uint8_t* over = standing_out.row(y);
    const std::uint8_t* least = threshold.row(y);
    const std::uint8_t* level = gray.row(y);
    here.clear();
    std::size_t up = 0;
    for (int x = 0; x < gray.width; ++x) {
      if (over[x] <= least[x])
        continue;
      run now{x, x, -1};
      std::int64_t grays = 0, standing = 0;
      for (; now.right < gray.width && over[now.right] > least[now.right]; ++now.right) {
        grays += level[now.right];
        standing += over[now.right];
      }
      x = now.right;
      while (up < above.size() && above[up].right < now.left) // a corner is enough to touch
        ++up;
      for (std::size_t i = up; i < above.size() && above[i].left <= now.right; ++i) {
        const int other = root_of(parents, above[i].part);
        if (now.part < 0) {
          now.part = other;
        } else if (const int mine = root_of(parents, now.part); mine != other) {
          parents[static_cast<std::size_t>(other)] = mine;
          add(parts[static_cast<std::size_t>(mine)], parts[static_cast<std::size_t>(other)]);
        }
      }
      if (now.part < 0) {
        now.part = static_cast<int>(parts.size());
        parents.push_back(now.part);
        parts.push_back({far, far, 0, 0});
      }
      now.part = root_of(parents, now.part);
      add(parts[static_cast<std::size_t>(now.part)],
          {now.left, y, now.right, y + 1, now.right - now.left, 1, grays, standing});
      here.push_back(now);
    }
    above.swap(here);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (parents[i] == static_cast<int>(i))
      parts[kept++] = parts[i];
  parts.resize(kept);
  return parts;
}

} // namespace timeloom
