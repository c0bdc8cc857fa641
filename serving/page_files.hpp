/// The files of the daemon's web page, built into the program. Any thread.
#pragma once

#include <span>
#include <string_view>

namespace timeloom {

struct page_file {
  std::string_view path; ///< such as "/" or "/assets/app.js"
  std::string_view type; ///< such as "text/html; charset=utf-8"
  std::string_view content;
};

std::span<const page_file> page_files();

} // namespace timeloom
