/// Things that are joined to sets, each set known by its root (the union-find of B. A. Galler and M. J. Fisher, 1964).
#pragma once

#include <cstddef>
#include <vector>

namespace timeloom {

/// The root of the set that `of` is in: what is its own parent. `parents` holds an index for each thing; the path is
/// halved on the way. Two sets are joined by making one root the parent of the other.
inline int root_of(std::vector<int>& parents, int of) {
  while (parents[static_cast<std::size_t>(of)] != of)
    of = parents[static_cast<std::size_t>(of)] =
        parents[static_cast<std::size_t>(parents[static_cast<std::size_t>(of)])];
  return of;
}

} // namespace timeloom
