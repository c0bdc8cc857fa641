// A page, as long as the library has none.

#include "serving/page_files.hpp"

#include <array>

namespace timeloom {

std::span<const page_file> page_files() {
  static constexpr std::array<page_file, 2> files{{
      {"/", "text/html; charset=utf-8", "<!doctype html><title>timeloom</title>"},
      {"/assets/page.js", "text/javascript; charset=utf-8", "export {};"},
  }};
  return files;
}

} // namespace timeloom
