/// A folder of images as a video: listed here, in natural order of the names, each file decoded as one frame.
#pragma once

#include "media/frame_source.hpp"

#include <string>

namespace timeloom {

/// The files of `list_images`; symbolic links are not followed.
expected<std::unique_ptr<frame_source>> open_image_folder(unique_fd folder, const std::string& name,
                                                          const source_options& options);

} // namespace timeloom
