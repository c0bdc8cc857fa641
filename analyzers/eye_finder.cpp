#include "analyzers/eye_finder.hpp"

#include "analyzers/cascade.hpp"
#include "analyzers/cascade_files.hpp"
#include "analyzers/iris.hpp"
#include "analyzers/luma_view.hpp"

#include <algorithm>

namespace timeloom {

namespace {

constexpr double face_side_px = 120; // of the face in which eyes are looked for
constexpr double least_face_px = 50; // of the picture
constexpr double most_enlarged = 2;
constexpr double least_eye = 0.16; // of the face's side
constexpr double most_eye = 0.42;
constexpr int open_neighbours = 2;
constexpr int closed_neighbours = 3;

// Where an eye can be in a face that goes from the brows to the chin.
constexpr box left_half{0.06, 0.16, 0.48, 0.44};
constexpr box right_half{0.46, 0.16, 0.48, 0.44};

box part_of(const box& whole, const box& part) {
  return {whole.x + part.x * whole.width, whole.y + part.y * whole.height, part.width * whole.width,
          part.height * whole.height};
}

const cascade_hit* surest(const std::vector<cascade_hit>& hits) {
  const auto best = std::max_element(
      hits.begin(), hits.end(), [](const cascade_hit& a, const cascade_hit& b) { return a.neighbours < b.neighbours; });
  return best != hits.end() ? &*best : nullptr;
}

} // namespace

struct eye_finder::state {
  cv::CascadeClassifier open_eye;
  cv::CascadeClassifier open_eye_again;
  cv::CascadeClassifier any_left_eye;
  cv::CascadeClassifier any_right_eye;

  seen_eye look(const luma_view& view, const cascade_search& how, cv::CascadeClassifier& any_eye) {
    seen_eye seen;
    auto open = search(open_eye, view.luma, how);
    const auto* hit = surest(open);
    if (hit == nullptr || hit->neighbours < open_neighbours) {
      const auto more = search(open_eye_again, view.luma, how);
      open.insert(open.end(), more.begin(), more.end());
      hit = surest(open);
    }
    if (hit != nullptr) {
      if (hit->neighbours < open_neighbours)
        return seen;
      seen.state = eye_state::open;
      seen.area = view.place(hit->area);
      seen.iris = iris_place(view.luma(hit->area & cv::Rect{cv::Point{}, view.luma.size()}));
      return seen;
    }
    const auto any = search(any_eye, view.luma, how);
    hit = surest(any);
    if (hit != nullptr && hit->neighbours >= closed_neighbours) {
      seen.state = eye_state::closed;
      seen.area = view.place(hit->area);
    }
    return seen;
  }
};

eye_finder::eye_finder(std::unique_ptr<state> loaded) : state_(std::move(loaded)) {}
eye_finder::eye_finder(eye_finder&&) noexcept = default;
eye_finder& eye_finder::operator=(eye_finder&&) noexcept = default;
eye_finder::~eye_finder() = default;

expected<eye_finder> eye_finder::load() {
  auto loaded = std::make_unique<state>();
  const std::pair<cv::CascadeClassifier*, std::string_view> cascades[] = {
      {&loaded->open_eye, cascade::open_eye},
      {&loaded->open_eye_again, cascade::open_eye_again},
      {&loaded->any_left_eye, cascade::any_left_eye},
      {&loaded->any_right_eye, cascade::any_right_eye}};
  for (const auto& [into, name] : cascades) {
    auto one = load_cascade(name);
    if (!one)
      return tl::unexpected{one.error()};
    *into = std::move(*one);
  }
  return eye_finder{std::move(loaded)};
}

seen_eyes eye_finder::look(const plane_view& luma, const box& face) {
  const auto picture = as_matrix(luma);
  const double side = face.width * picture.cols;
  if (!(side >= least_face_px))
    return {};
  const double scale = std::min(most_enlarged, face_side_px / side);
  const auto sized = [&](double share) {
    return cv::Size{cvRound(side * scale * share), cvRound(side * scale * share)};
  };
  const cascade_search how{1.08, 1, sized(least_eye), sized(most_eye)};
  const auto look_in = [&](const box& half, cv::CascadeClassifier& any_eye) {
    const auto part = pixels(part_of(face, half), picture.size());
    return part.area() > 0 ? state_->look(view_part(picture, part, scale), how, any_eye) : seen_eye{};
  };
  // OpenCV's left eye is the person's own: on the right of the picture.
  return {look_in(left_half, state_->any_right_eye), look_in(right_half, state_->any_left_eye)};
}

} // namespace timeloom
