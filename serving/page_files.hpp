/// The files of the web page, which CMake puts into the library from serving/page. Constant; any thread.
#pragma once

#include <span>
#include <string_view>

namespace timeloom {

struct page_file {
  std::string_view path;    ///< such as "/" or "/assets/app.js"
  std::string_view type;    ///< for Content-Type
  std::string_view content; ///< UTF-8
};

std::span<const page_file> page_files();

} // namespace timeloom
