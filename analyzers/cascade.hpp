/// One of OpenCV's cascades, loaded. For the sources that use them.
#pragma once

#include "core/error.hpp"

#include <opencv2/core.hpp>
#include <opencv2/objdetect.hpp>
#include <string_view>
#include <vector>

namespace timeloom {

/// What a cascade saw.
struct cascade_hit {
  cv::Rect area;
  int neighbours = 0; ///< windows that saw it
};

struct cascade_search {
  double scale_step = 1.1;
  int least_neighbours = 1;
  cv::Size least;
  cv::Size most;
};

/// `name` is one of cascade_files.hpp. Fails with `errc::not_found` when it is not there and `errc::internal` when
/// OpenCV cannot read it.
expected<cv::CascadeClassifier> load_cascade(std::string_view name);

/// In `luma`, CV_8UC1. Mirrored: as it sees the mirror image, told in places of the picture itself.
std::vector<cascade_hit> search(cv::CascadeClassifier& cascade, const cv::Mat& luma, const cascade_search& how,
                                bool mirrored = false);

} // namespace timeloom
