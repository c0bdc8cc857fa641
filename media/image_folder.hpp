/// A folder of images as a video: listed here, in natural order of the names, each file decoded as one frame.
#pragma once

#include "media/frame_source.hpp"

#include <string>
#include <vector>

namespace timeloom {

/// Files whose ending names no picture format are passed over; symbolic links are not followed.
expected<std::unique_ptr<frame_source>> open_image_folder(unique_fd folder, const std::string& name,
                                                          const source_options& options);

/// The names of the images in an open folder, in that order. Fails with `errc::io`.
expected<std::vector<std::string>> list_images(const unique_fd& folder, const std::string& name);

/// Whether `a` comes before `b` with numbers compared by value: "img2" before "img10".
bool natural_less(const std::string& a, const std::string& b);

} // namespace timeloom
