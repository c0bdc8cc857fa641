#include "analyzers/people_finder.hpp"

#include "analyzers/luma_view.hpp"
#include "analyzers/matrix.hpp"
#include "analyzers/suppression.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>

namespace timeloom {

namespace {

// The detector's window, and where the person is in it.
constexpr double window_width_px = 64;
constexpr double window_height_px = 128;
constexpr box body{0.2, 0.1, 0.6, 0.8};

constexpr double candidate_step = 1.15; // of sizes
constexpr double candidate_weight = 0;
constexpr double same_candidate = 0.4; // intersection over union
constexpr int border_px = 16;          // a window may stick out of the picture by its margin

// From the detector's weight (its distance from the separating plane) to a score: logistic.
constexpr double even_weight = 1.5;
constexpr double score_slope = 2;

struct weighed_window {
  cv::Rect2d at; // in pixels of the picture
  double weight = 0;
};

cv::Rect2d window_around(const cv::Rect2d& person) {
  const double height = person.height / body.height;
  const double width = height * window_width_px / window_height_px;
  const double center = person.x + person.width / 2;
  return {center - width / 2, person.y - body.y * height, width, height};
}

box person_in(const cv::Rect2d& window, const cv::Size& picture) {
  const luma_view whole{{}, {cv::Point{}, picture}, 1, picture};
  return whole.place({window.x + body.x * window.width, window.y + body.y * window.height, body.width * window.width,
                      body.height * window.height});
}

cv::Rect2d scaled(const box& area, const cv::Size& picture) {
  return {area.x * picture.width, area.y * picture.height, area.width * picture.width, area.height * picture.height};
}

double score_of(double weight) {
  return 1 / (1 + std::exp(-score_slope * (weight - even_weight)));
}

} // namespace

struct people_finder::state {
  cv::HOGDescriptor hog;

  state() { hog.setSVMDetector(cv::HOGDescriptor::getDefaultPeopleDetector()); }

  // All windows inside of `part` of which a person is as high as `scale` windows, above `least_weight`.
  void search(const cv::Mat& picture, const cv::Rect2d& part, double scale, int stride, double least_weight,
              std::vector<weighed_window>& into) const {
    // What is outside of the picture repeats its edge, as far as windows may stick out.
    const cv::Rect inside = cv::Rect{cvFloor(part.x), cvFloor(part.y), cvCeil(part.width), cvCeil(part.height)} &
                            cv::Rect{cv::Point{}, picture.size()};
    if (inside.area() == 0)
      return;
    const auto view = view_part(picture, inside, 1 / scale);
    const auto border = [&](double beyond) { return std::clamp(cvRound(beyond / scale), 0, border_px); };
    const int left = border(inside.x - part.x);
    const int top = border(inside.y - part.y);
    cv::Mat bordered;
    cv::copyMakeBorder(view.luma, bordered, top, border(part.br().y - inside.br().y), left,
                       border(part.br().x - inside.br().x), cv::BORDER_REPLICATE);
    if (bordered.cols < window_width_px || bordered.rows < window_height_px)
      return;
    std::vector<cv::Point> places;
    std::vector<double> weights;
    hog.detect(bordered, places, weights, least_weight, {stride, stride}, {});
    for (std::size_t i = 0; i < places.size(); ++i)
      into.push_back({{inside.x + (places[i].x - left) * scale, inside.y + (places[i].y - top) * scale,
                       window_width_px * scale, window_height_px * scale},
                      weights[i]});
  }

  // The best of those near `window`.
  std::optional<weighed_window> best_near(const cv::Mat& picture, const cv::Rect2d& window,
                                          std::initializer_list<double> sizes, double right_px, double down_px,
                                          int stride) const {
    std::vector<weighed_window> found;
    for (const double size : sizes) {
      const double scale = size * window.height / window_height_px;
      const double width = (window_width_px + 2 * right_px) * scale;
      const double height = (window_height_px + 2 * down_px) * scale;
      search(picture, {window.x + (window.width - width) / 2, window.y + (window.height - height) / 2, width, height},
             scale, stride, candidate_weight, found);
    }
    const auto best =
        std::max_element(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.weight < b.weight; });
    return best != found.end() ? std::optional{*best} : std::nullopt;
  }
};

people_finder::people_finder() : state_(std::make_unique<state>()) {}
people_finder::people_finder(people_finder&&) noexcept = default;
people_finder& people_finder::operator=(people_finder&&) noexcept = default;
people_finder::~people_finder() = default;

std::vector<box> people_finder::candidates(const plane_view& luma, const box& area, const person_heights& heights) {
  const auto picture = as_matrix(luma);
  const auto part = scaled(area, picture.size());
  std::vector<weighed_window> found;
  for (double height = std::max(heights.least_px, least_height_px); height <= heights.most_px;
       height *= candidate_step) {
    const double scale = height / body.height / window_height_px;
    const double border = border_px * scale;
    state_->search(picture, {part.x - border, part.y - border, part.width + 2 * border, part.height + 2 * border},
                   scale, 8, candidate_weight, found);
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.weight > b.weight; });
  std::vector<box> kept;
  for (const auto& one : found)
    if (const auto person = person_in(one.at, picture.size());
        std::none_of(kept.begin(), kept.end(),
                     [&](const box& other) { return intersection_over_union(person, other) > same_candidate; }))
      kept.push_back(person);
  return kept;
}

std::optional<seen_person> people_finder::look(const plane_view& luma, const box& expected) {
  const auto picture = as_matrix(luma);
  const auto place = window_around(scaled(expected, picture.size()));
  if (!(place.height * body.height >= least_height_px / 1.5))
    return std::nullopt;
  const auto near = state_->best_near(picture, place, {0.87, 1.0, 1.15}, 32, 12, 8);
  if (!near)
    return std::nullopt;
  const auto best = state_->best_near(picture, near->at, {0.94, 1.0, 1.07}, 4, 4, 4);
  const auto& found = best && best->weight > near->weight ? *best : *near;
  return seen_person{person_in(found.at, picture.size()), score_of(found.weight)};
}

} // namespace timeloom
