#include "analyzers/eye_finder.hpp"

#include "analyzers/cascade.hpp"
#include "analyzers/cascade_files.hpp"
#include "analyzers/iris.hpp"
#include "analyzers/luma_view.hpp"
#include "analyzers/matrix.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace timeloom {

namespace {

constexpr double face_side_px = 120; // of the face in which eyes are looked for
constexpr double least_face_px = 50; // of the picture
constexpr double most_enlarged = 2;
constexpr double least_eye = 0.16; // of the face's side
constexpr double most_eye = 0.42;
constexpr int open_neighbours = 2;
constexpr double iris_share = 0.075; // of the face's side, its diameter

// Where an eye can be in a face that goes from the brows to the chin.
constexpr box left_half{0.06, 0.16, 0.48, 0.44};
constexpr box right_half{0.46, 0.16, 0.48, 0.44};
// Where it is, with little around it: no brows, no nose.
constexpr box left_eye{0.21, 0.33, 0.25, 0.17};
constexpr box right_eye{0.54, 0.33, 0.25, 0.17};

box part_of(const box& whole, const box& part) {
  return {whole.x + part.x * whole.width, whole.y + part.y * whole.height, part.width * whole.width,
          part.height * whole.height};
}

const cascade_hit* surest(const std::vector<cascade_hit>& hits) {
  const auto best = std::max_element(
      hits.begin(), hits.end(), [](const cascade_hit& a, const cascade_hit& b) { return a.neighbours < b.neighbours; });
  return best != hits.end() ? &*best : nullptr;
}

double darkness_in(const cv::Mat& eye, int iris_px) {
  cv::Mat discs;
  cv::boxFilter(eye, discs, CV_32F, {std::max(1, iris_px), std::max(1, iris_px)});
  double darkest = 0;
  cv::minMaxLoc(discs, &darkest);
  const double mean = cv::mean(eye)[0];
  return mean > 0 ? std::max(0.0, 1 - darkest / mean) : 0;
}

} // namespace

struct eye_finder::state {
  cv::CascadeClassifier open_eye;
  cv::CascadeClassifier open_eye_again;

  void find_open(const luma_view& view, const cascade_search& how, seen_eye& seen) {
    for (auto* cascade : {&open_eye, &open_eye_again}) {
      const auto hits = search(*cascade, view.luma, how);
      const auto* hit = surest(hits);
      if (hit == nullptr)
        continue;
      seen.open = view.place(hit->area);
      seen.iris = iris_place(view.luma(hit->area & cv::Rect{cv::Point{}, view.luma.size()}));
      return;
    }
  }
};

eye_finder::eye_finder(std::unique_ptr<state> loaded) : state_(std::move(loaded)) {}
eye_finder::eye_finder(eye_finder&&) noexcept = default;
eye_finder& eye_finder::operator=(eye_finder&&) noexcept = default;
eye_finder::~eye_finder() = default;

expected<eye_finder> eye_finder::load() {
  auto loaded = std::make_unique<state>();
  const std::pair<cv::CascadeClassifier*, std::string_view> cascades[] = {
      {&loaded->open_eye, cascade::open_eye}, {&loaded->open_eye_again, cascade::open_eye_again}};
  for (const auto& [into, name] : cascades) {
    auto one = load_cascade(name);
    if (!one)
      return tl::unexpected{one.error()};
    *into = *one;
  }
  return eye_finder{std::move(loaded)};
}

std::optional<seen_eyes> eye_finder::look(const plane_view& luma, const box& face) {
  const auto picture = as_matrix(luma);
  const double side = face.width * picture.cols;
  if (!(side >= least_face_px))
    return std::nullopt;
  const double scale = std::min(most_enlarged, face_side_px / side);
  const auto sized = [&](double share) {
    return cv::Size{cvRound(side * scale * share), cvRound(side * scale * share)};
  };
  const cascade_search how{1.08, open_neighbours, sized(least_eye), sized(most_eye)};
  const auto look_in = [&](const box& half, const box& eye) {
    seen_eye seen;
    const auto part = pixels(part_of(face, half), picture.size());
    const auto near = pixels(part_of(face, eye), picture.size());
    if (part.area() == 0 || near.area() == 0)
      return seen;
    state_->find_open(view_part(picture, part, scale), how, seen);
    seen.darkness = darkness_in(view_part(picture, near, scale).luma, cvRound(side * scale * iris_share));
    return seen;
  };
  return seen_eyes{look_in(left_half, left_eye), look_in(right_half, right_eye)};
}

} // namespace timeloom
