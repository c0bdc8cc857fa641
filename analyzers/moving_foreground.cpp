#include "analyzers/moving_foreground.hpp"

#include "analyzers/background_model.hpp"
#include "analyzers/light_change.hpp"
#include "analyzers/matrix.hpp"
#include "analyzers/suppression.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <utility>

namespace timeloom {

namespace {

constexpr double too_much = 0.5;       // of the picture changed: a cut, a flash
constexpr double least_changed = 0.05; // of a region since the picture before, to be moving
constexpr double still_px = 1;
constexpr double least_support = 0.45;
constexpr media_time camera_rests = std::chrono::milliseconds{1500}; // after moves, until no motion means none
constexpr int bar_luma = 24;
constexpr double enclosed_share = 0.8;      // of a region's box, in that of a larger one
constexpr double uncovered_likeness = 0.15; // that a place is more like its surroundings after a thing has left it

/// Without the black bars of a letterbox, which stand still whatever the camera does.
cv::Rect picture_inside_bars(const cv::Mat& picture) {
  const auto is_black = [](const cv::Mat& line) {
    double most = 0;
    cv::minMaxLoc(line, nullptr, &most);
    return most < bar_luma;
  };
  int top = 0, bottom = picture.rows, left = 0, right = picture.cols;
  while (top < picture.rows / 3 && is_black(picture.row(top)))
    ++top;
  while (bottom > picture.rows - picture.rows / 3 && is_black(picture.row(bottom - 1)))
    --bottom;
  while (left < picture.cols / 3 && is_black(picture.col(left)))
    ++left;
  while (right > picture.cols - picture.cols / 3 && is_black(picture.col(right - 1)))
    --right;
  constexpr int edge = 2; // where the bar is not quite black
  const cv::Point upper_left{left > 0 ? left + edge : 0, top > 0 ? top + edge : 0};
  const cv::Point lower_right{right < picture.cols ? right - edge : right,
                              bottom < picture.rows ? bottom - edge : bottom};
  return lower_right.x > upper_left.x && lower_right.y > upper_left.y ? cv::Rect{upper_left, lower_right} : cv::Rect{};
}

/// How alike the lumas of a part and of what surrounds it are.
class luma_contrast {
public:
  void count(std::uint8_t luma, bool is_inside) { ++(is_inside ? inside_ : around_)[luma / 16]; }

  /// The share that both have in common, [0, 1]; 1 when one has no samples.
  double likeness() const {
    const double insides = std::accumulate(inside_.begin(), inside_.end(), 0);
    const double arounds = std::accumulate(around_.begin(), around_.end(), 0);
    if (insides == 0 || arounds == 0)
      return 1;
    double common = 0;
    for (std::size_t i = 0; i < inside_.size(); ++i)
      common += std::min(inside_[i] / insides, around_[i] / arounds);
    return common;
  }

private:
  std::array<int, 16> inside_{}, around_{};
};

/// From one picture to another.
struct camera_step {
  affine by;
  bool fades = false; ///< what is far and near, bright and dark then changes in different ways
};

double share_of(const cv::Mat& mask, const cv::Mat& where) {
  return static_cast<double>(cv::countNonZero(mask)) / std::max(1, cv::countNonZero(where));
}

double size_of(const box& area) {
  return area.width * area.height;
}

/// What lies within the box of a larger region is a part of it. The largest share first, then.
void join_enclosed(std::vector<moving_region>& regions) {
  std::stable_sort(regions.begin(), regions.end(),
                   [](const auto& a, const auto& b) { return size_of(a.area) > size_of(b.area); });
  for (std::size_t i = 0; i < regions.size(); ++i)
    for (std::size_t j = regions.size() - 1; j > i; --j)
      if (covered_share(regions[i].area, regions[j].area) >= enclosed_share) {
        regions[i].share = std::min(regions[i].share + regions[j].share, size_of(regions[i].area));
        regions.erase(regions.begin() + static_cast<std::ptrdiff_t>(j));
      }
  std::stable_sort(regions.begin(), regions.end(), [](const auto& a, const auto& b) { return a.share > b.share; });
}

} // namespace

struct foreground_finder::state {
  explicit state(foreground_options chosen) : options(chosen) {}

  foreground_options options;
  motion_estimator motion;
  cv::Size size;
  media_time last{0};

  background_model background{options.memory_s, options.settle_s};
  cv::Mat before;    // the picture before, smoothed
  cv::Mat candidate; // what came after it and was too different: a flash, or the first picture of another shot
  media_time moved_at = -camera_rests; // the camera, as far as it is known
  plane mask;

  bool is_sure_of(const affine& by, const std::optional<picture_motion>& found, media_time at);
  void begin(const cv::Mat& picture);
  std::optional<camera_step> step(const cv::Mat& from, const cv::Mat& picture,
                                  const std::optional<picture_motion>& found, const cv::Mat& where, cv::Mat& changed,
                                  double seconds) const;
  foreground_picture judge(const cv::Mat& picture, const cv::Mat& where, const cv::Mat& changed, double seconds);
};

foreground_finder::foreground_finder(foreground_options options) : state_(std::make_unique<state>(options)) {}
foreground_finder::~foreground_finder() = default;
foreground_finder::foreground_finder(foreground_finder&&) noexcept = default;
foreground_finder& foreground_finder::operator=(foreground_finder&&) noexcept = default;

plane_view foreground_finder::mask() const {
  return state_->mask.view();
}

void foreground_finder::state::begin(const cv::Mat& picture) {
  background.begin(picture);
  before = picture;
  candidate.release();
}

/// How the camera moved from `from` to `picture`, with the samples that this does not explain. Nothing when it explains
/// too little: they are not of one shot.
std::optional<camera_step> foreground_finder::state::step(const cv::Mat& from, const cv::Mat& picture,
                                                          const std::optional<picture_motion>& found,
                                                          const cv::Mat& where, cv::Mat& changed,
                                                          double seconds) const {
  std::vector<affine> ways{unmoved};
  if (found)
    ways.insert(ways.begin(), matrix_of(found->motion, size));
  for (const auto& by : ways) {
    const cv::Mat seen = where & moved(where, by, way::there, cv::INTER_NEAREST);
    const cv::Mat shows = moved(from, by, way::there);
    const auto light = light_between(shows, picture, seen);
    changed = (beyond(picture, light.applied_to(shows)) > options.least_contrast) & seen;
    if (2 * cv::countNonZero(seen) > cv::countNonZero(where) && share_of(changed, seen) < too_much)
      return camera_step{by, light.is_fade(cv::mean(shows, seen)[0], seconds)};
  }
  return std::nullopt;
}

foreground_picture foreground_finder::see(media_time at, const plane_view& luma) {
  auto& s = *state_;
  const auto given = as_matrix(luma);
  cv::Mat picture;
  cv::GaussianBlur(given, picture, {3, 3}, 0);
  const auto motion = s.motion.push(luma);
  const double seconds = to_seconds(at - s.last);
  s.last = at;
  s.mask.resize(luma.width, luma.height);
  cv::Mat{luma.height, luma.width, CV_8UC1, s.mask.row(0)}.setTo(0);
  const bool first = s.before.empty();
  if (first || s.size != given.size() || seconds > s.options.longest_gap_s) {
    s.size = given.size();
    s.begin(picture);
    return {.cut = !first};
  }
  cv::Mat where = cv::Mat::zeros(s.size, CV_8UC1);
  where(picture_inside_bars(given)).setTo(255);

  cv::Mat changed;
  std::optional<camera_step> step;
  bool cut = false;
  if (s.candidate.empty()) {
    step = s.step(s.before, picture, motion, where, changed, seconds);
    if (!step) {
      s.candidate = picture;
      return {};
    }
  } else {
    step = s.step(s.before, picture, std::nullopt, where, changed, seconds); // after a flash
    if (!step) {
      cut = true;
      const cv::Mat from = s.candidate;
      step = s.step(from, picture, motion, where, changed, seconds);
      s.begin(step ? from : picture);
      if (!step)
        return {.cut = true};
    }
  }
  s.candidate.release();
  s.before = picture;
  s.background.move(step->by);
  const bool is_sure = s.is_sure_of(step->by, motion, at);
  if (step->fades || (!is_sure && !motion)) // what the background looks like, or where it is, is not known any more
    s.begin(picture);
  if (step->fades || !is_sure)
    return {.cut = cut};
  auto found = s.judge(picture, where, changed, seconds);
  found.cut = cut;
  return found;
}

/// Whether the picture's motion is known well enough to tell what moves by itself. A camera that passes things at
/// different depths moves them by different amounts; then few of them agree, or none.
bool foreground_finder::state::is_sure_of(const affine& by, const std::optional<picture_motion>& found, media_time at) {
  const bool still = displacement(by, size) < still_px;
  if (found && !still)
    moved_at = at;
  if (!found)
    return at - moved_at > camera_rests;
  return still || found->support >= least_support;
}

foreground_picture foreground_finder::state::judge(const cv::Mat& picture, const cv::Mat& where, const cv::Mat& changed,
                                                   double seconds) {
  background.catch_up();
  const cv::Mat known = where & background.known();
  const cv::Mat shows = background.shown();
  const auto light = light_between(shows, picture, known);
  if (light.is_strong(cv::mean(shows, known)[0])) {
    begin(picture);
    return {};
  }
  const cv::Mat known_now = light.applied_to(shows);
  const cv::Mat contrast =
      cv::min(beyond(picture, known_now), beyond(picture, light.applied_to(background.shown_before())));
  cv::Mat covered = (contrast > cv::max(background.variation(), options.least_contrast)) & known;
  cv::medianBlur(covered, covered, 3);
  cv::morphologyEx(covered, covered, cv::MORPH_CLOSE, cv::getStructuringElement(cv::MORPH_ELLIPSE, {7, 7}));

  // Parts that nearly touch are of one thing.
  cv::Mat together, labels;
  cv::dilate(covered, together, cv::getStructuringElement(cv::MORPH_ELLIPSE, {9, 9}));
  const int parts = cv::connectedComponents(together, labels, 8, CV_32S);
  struct part {
    int covers = 0;
    int changed = 0;
    double contrast = 0;
    luma_contrast now, known;
    int left = INT_MAX, top = INT_MAX, right = 0, bottom = 0;
    bool is_uncovered = false;
    bool moves = false;
  };
  std::vector<part> of(static_cast<std::size_t>(parts));
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      if (together.at<std::uint8_t>(y, x) == 0 || known.at<std::uint8_t>(y, x) == 0)
        continue;
      const bool is_covered = covered.at<std::uint8_t>(y, x) != 0;
      auto& one = of[static_cast<std::size_t>(labels.at<int>(y, x))];
      one.now.count(picture.at<std::uint8_t>(y, x), is_covered);
      one.known.count(known_now.at<std::uint8_t>(y, x), is_covered);
      if (!is_covered)
        continue;
      ++one.covers;
      one.changed += changed.at<std::uint8_t>(y, x) != 0 ? 1 : 0;
      one.contrast += contrast.at<std::uint8_t>(y, x);
      one.left = std::min(one.left, x);
      one.top = std::min(one.top, y);
      one.right = std::max(one.right, x + 1);
      one.bottom = std::max(one.bottom, y + 1);
    }
  const double all = std::max(1, cv::countNonZero(where));
  foreground_picture found{.judged = true};
  for (auto& one : of) {
    // What was behind a thing goes on around it; the thing, as the background still has it, does not.
    one.is_uncovered = one.now.likeness() > one.known.likeness() + uncovered_likeness;
    one.moves =
        one.covers >= options.least_share * all && one.changed >= least_changed * one.covers && !one.is_uncovered;
    if (!one.moves)
      continue;
    const double width = size.width, height = size.height;
    const double clear = one.contrast / one.covers / options.least_contrast;
    found.share += one.covers / all;
    found.regions.push_back(
        {{one.left / width, one.top / height, (one.right - one.left) / width, (one.bottom - one.top) / height},
         one.covers / all,
         std::clamp(clear / (1 + clear), 0.0, 1.0)});
  }
  join_enclosed(found.regions);

  const bool too_large = found.share > too_much;
  cv::Mat kinds{size, CV_8UC1, cv::Scalar(static_cast<int>(sample_kind::nothing))};
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      if (where.at<std::uint8_t>(y, x) == 0)
        continue;
      const bool is_covered = covered.at<std::uint8_t>(y, x) != 0;
      const auto& part_here = of[static_cast<std::size_t>(labels.at<int>(y, x))];
      const auto is = !is_covered                           ? sample_kind::background
                      : part_here.is_uncovered              ? sample_kind::uncovered
                      : changed.at<std::uint8_t>(y, x) != 0 ? sample_kind::changing
                                                            : sample_kind::standing;
      kinds.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(is);
      if (is_covered && !too_large && part_here.moves)
        mask.row(y)[x] = 255;
    }
  background.learn(picture, kinds, seconds);
  return too_large ? foreground_picture{} : found;
}

} // namespace timeloom
