/// Strings as the functions of POSIX that start programs take them. Any thread.
#pragma once

#include <string>
#include <vector>

namespace timeloom {

/// A pointer to each of `strings`, then null. They point into `strings`, which must outlive them.
inline std::vector<char*> c_strings(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (auto& text : strings)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

} // namespace timeloom
