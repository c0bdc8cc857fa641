#include "analyzers/cascade.hpp"

#include "analyzers/cascade_files.hpp"

namespace timeloom {

expected<cv::CascadeClassifier> load_cascade(std::string_view name) {
  const auto path = cascade_file(name);
  if (!path)
    return tl::unexpected{path.error()};
  try {
    if (cv::CascadeClassifier loaded; loaded.load(*path))
      return loaded;
    return fail(errc::internal, "OpenCV cannot read the cascade {}", *path);
  } catch (const cv::Exception& problem) {
    return fail(errc::internal, "OpenCV cannot read the cascade {}: {}", *path, problem.err);
  }
}

std::vector<cascade_hit> search(cv::CascadeClassifier& cascade, const cv::Mat& luma, const cascade_search& how,
                                bool mirrored) {
  cv::Mat mirror;
  if (mirrored)
    cv::flip(luma, mirror, 1);
  std::vector<cv::Rect> areas;
  std::vector<int> neighbours;
  cascade.detectMultiScale(mirrored ? mirror : luma, areas, neighbours, how.scale_step, how.least_neighbours, 0,
                           how.least, how.most);
  std::vector<cascade_hit> hits;
  for (std::size_t i = 0; i < areas.size(); ++i) {
    if (mirrored)
      areas[i].x = luma.cols - areas[i].x - areas[i].width;
    hits.push_back({areas[i], neighbours[i]});
  }
  return hits;
}

} // namespace timeloom
