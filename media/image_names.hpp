/// Which files of a folder are its images, and in what order. Plain functions that parse no image; any thread.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <string>
#include <vector>

namespace timeloom {

/// The names of the images in an open folder, in natural order; files whose ending names no picture format are passed
/// over. Fails with `errc::io`.
expected<std::vector<std::string>> list_images(const unique_fd& folder, const std::string& name);

/// Whether `a` comes before `b` with numbers compared by value: "img2" before "img10".
bool natural_less(const std::string& a, const std::string& b);

} // namespace timeloom
