/// What people call a file: the end of its path. Any thread.
#pragma once

#include <string_view>

namespace timeloom {

/// "name" of "a/name", "name" and "a/name/"; "/" stays. The view is into `path`.
inline std::string_view last_part(std::string_view path) {
  while (path.size() > 1 && path.back() == '/')
    path.remove_suffix(1);
  return path.size() > 1 ? path.substr(path.find_last_of('/') + 1) : path;
}

} // namespace timeloom
