#include "analyzers/library_threads.hpp"

#include <opencv2/core/utility.hpp>

namespace timeloom {

void keep_libraries_single_threaded() {
  cv::setNumThreads(1);
}

} // namespace timeloom
