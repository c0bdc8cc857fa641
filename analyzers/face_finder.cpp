#include "analyzers/face_finder.hpp"

#include "analyzers/cascade.hpp"
#include "analyzers/cascade_files.hpp"
#include "analyzers/luma_view.hpp"
#include "analyzers/matrix.hpp"
#include "analyzers/suppression.hpp"

#include <algorithm>

namespace timeloom {

namespace {

constexpr double scan_long_side_px = 480;
constexpr double small_scan_long_side_px = 800;
constexpr int least_scanned_px = 24;
constexpr int most_small_px = 42; // larger ones are found in the scan for usual faces
constexpr double scan_step = 1.2;
constexpr int scan_neighbours = 1;
constexpr double look_side_px = 44; // of a face that is looked at: the cascades' windows are 20 to 34 px high
constexpr double look_margin = 0.5; // around it, in its sides
constexpr double least_size = 0.65; // of what is expected
constexpr double most_size = 1.5;
constexpr double sure_frontal = 0.6;   // the other views need not be asked
constexpr double same_candidate = 0.3; // intersection over union
// The LBP profile's window (20 x 34) goes from the forehead to below the chin.
constexpr double profile_side_of_height = 0.9;
constexpr double profile_window_width = 0.65; // of a side

} // namespace

struct face_finder::state {
  cv::CascadeClassifier frontal_alt;
  cv::CascadeClassifier frontal_default;
  cv::CascadeClassifier profile_lbp;
  cv::CascadeClassifier profile_haar;
};

face_finder::face_finder(std::unique_ptr<state> loaded) : state_(std::move(loaded)) {}
face_finder::face_finder(face_finder&&) noexcept = default;
face_finder& face_finder::operator=(face_finder&&) noexcept = default;
face_finder::~face_finder() = default;

expected<face_finder> face_finder::load() {
  auto loaded = std::make_unique<state>();
  const std::pair<cv::CascadeClassifier*, std::string_view> cascades[] = {
      {&loaded->frontal_alt, cascade::frontal_face},
      {&loaded->frontal_default, cascade::frontal_face_again},
      {&loaded->profile_lbp, cascade::profile_face},
      {&loaded->profile_haar, cascade::profile_face_again}};
  for (const auto& [into, name] : cascades) {
    auto one = load_cascade(name);
    if (!one)
      return tl::unexpected{one.error()};
    *into = *one;
  }
  return face_finder{std::move(loaded)};
}

std::vector<box> face_finder::candidates(const plane_view& luma, const box& area, face_size size) {
  const auto picture = as_matrix(luma);
  const auto part = pixels(area, picture.size());
  const bool small = size == face_size::small;
  const double long_side = small ? small_scan_long_side_px : scan_long_side_px;
  const double scale = std::min(1.0, long_side / std::max(picture.cols, picture.rows));
  if (std::min(part.width, part.height) * scale < least_scanned_px)
    return {};
  const auto view = view_part(picture, part, scale);
  const cascade_search how{scan_step,
                           scan_neighbours,
                           {least_scanned_px, least_scanned_px},
                           small ? cv::Size{most_small_px, most_small_px} : cv::Size{}};
  struct candidate {
    box area;
    int neighbours;
  };
  std::vector<candidate> found;
  for (const auto& hit : search(state_->frontal_alt, view.luma, how))
    found.push_back({view.place(hit.area), hit.neighbours});
  for (const bool mirrored : {false, true})
    for (const auto& hit : search(state_->profile_lbp, view.luma, how, mirrored))
      found.push_back({view.place(square_around(hit.area, profile_side_of_height * hit.area.height)), hit.neighbours});
  std::stable_sort(found.begin(), found.end(),
                   [](const candidate& a, const candidate& b) { return a.neighbours > b.neighbours; });
  std::vector<box> kept;
  for (const auto& one : found)
    if (std::none_of(kept.begin(), kept.end(),
                     [&](const box& other) { return intersection_over_union(one.area, other) > same_candidate; }))
      kept.push_back(one.area);
  return kept;
}

std::optional<seen_face> face_finder::look(const plane_view& luma, const box& expected) {
  const auto picture = as_matrix(luma);
  const double side = std::max(expected.width * picture.cols, expected.height * picture.rows);
  const cv::Rect2d place{expected.x * picture.cols, expected.y * picture.rows, expected.width * picture.cols,
                         expected.height * picture.rows};
  const auto part =
      cv::Rect{square_around(place, side * (1 + 2 * look_margin))} & cv::Rect{cv::Point{}, picture.size()};
  if (!(side >= 1) || part.area() == 0)
    return std::nullopt;
  const auto view = view_part(picture, part, std::min(1.0, look_side_px / side));
  const double in_view = side * view.scale;
  const auto sized = [&](double width, double height) {
    return cascade_search{1.1,
                          1,
                          {cvRound(in_view * least_size * width), cvRound(in_view * least_size * height)},
                          {cvRound(in_view * most_size * width), cvRound(in_view * most_size * height)}};
  };
  const auto of_square = sized(1, 1);
  const auto of_profile_lbp = sized(profile_window_width, 1 / profile_side_of_height);

  std::vector<face_vote> votes;
  const auto ask = [&](cv::CascadeClassifier& cascade, face_detector by, face_view as) {
    const bool is_tall = by == face_detector::profile_lbp;
    for (const auto& hit : search(cascade, view.luma, is_tall ? of_profile_lbp : of_square, as == face_view::right)) {
      const cv::Rect2d area{hit.area};
      votes.push_back({by, as, view.place(is_tall ? square_around(area, profile_side_of_height * area.height) : area),
                       hit.neighbours});
    }
  };
  ask(state_->frontal_alt, face_detector::frontal_alt, face_view::frontal);
  ask(state_->frontal_default, face_detector::frontal_default, face_view::frontal);
  const auto frontal = agreed_face(votes);
  if (frontal && frontal->score >= sure_frontal)
    return frontal;
  for (const auto as : {face_view::left, face_view::right}) {
    ask(state_->profile_haar, face_detector::profile_haar, as);
    ask(state_->profile_lbp, face_detector::profile_lbp, as);
  }
  return agreed_face(votes);
}

} // namespace timeloom
