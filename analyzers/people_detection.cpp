#include "analyzers/people_detection.hpp"

#include "analyzers/change_map.hpp"
#include "analyzers/luma_view.hpp"
#include "analyzers/matrix.hpp"
#include "analyzers/own_movement.hpp"
#include "analyzers/people_events.hpp"
#include "analyzers/people_finder.hpp"
#include "analyzers/suppression.hpp"

#include <algorithm>
#include <opencv2/core/version.hpp>
#include <opencv2/imgproc.hpp>

namespace timeloom {

namespace {

constexpr std::size_t most_looks = 10; // people and candidates that are looked at in one picture
constexpr double least_change = 0.02;  // of a person, to look again
constexpr double least_move = 0.03;    // of a person, to have moved
constexpr double most_in_parts = 0.3;  // of the picture; where more has changed, all of it is searched
constexpr int reduced_long_side_px = 480;
constexpr int full_every = 6;             // searches of the whole picture
constexpr double weak_share = 0.6;        // of the score that a new person needs: enough for one who is followed
constexpr double least_of_typical = 0.35; // of the scores so far: less is what was behind them
constexpr double least_similarity = 0.35; // of somebody to how they looked last
constexpr double well_seen = 0.5;         // typical score of somebody who was not seen in part only
constexpr double same_person = 0.5;       // the area that both cover, of the smaller one's
constexpr double much_smaller = 0.4;      // in area, than somebody one may be a part of
constexpr double around_change = 0.5;     // how much of a person may lie beyond what has changed of them, in its sizes

person_appearance appearance_of(const cv::Mat& picture, const box& area) {
  person_appearance appearance;
  cv::Mat into(person_appearance::height, person_appearance::width, CV_8UC1, appearance.luma.data());
  if (const auto part = pixels(area, picture.size()); part.area() > 0)
    cv::resize(picture(part), into, into.size(), 0, 0, cv::INTER_AREA);
  return appearance;
}

class people_detection final : public sampled_analyzer {
public:
  explicit people_detection(const object_detection_options& options)
      : min_score_(options.min_score), events_(options) {}

  expected<void> see(const sampled_frame& frame) override {
    if (auto copied = copy_luma(frame, picture_); !copied)
      return copied;
    const auto luma = picture_.view();
    changes_.see(luma);
    movement_.see(luma);
    if (changes_.is_another_shot()) {
      events_.finish();
      searched_ = 0;
    }
    seen_.clear();
    looks_ = 0;
    auto followed = events_.followed(frame.at.time);
    // Whole people first: what is seen in them is a part of them.
    std::stable_sort(followed.begin(), followed.end(), [](const auto& a, const auto& b) {
      return a.typical_score * a.last.area.height > b.typical_score * b.last.area.height;
    });
    for (const auto& person : followed)
      if (looks_ < most_looks)
        follow(luma, person);
    search(luma);
    events_.see(frame.at, seen_);
    return {};
  }

  std::vector<event> take_events() override { return events_.take_events(); }
  void finish() override { events_.finish(); }
  std::string backend() const override { return "opencv " CV_VERSION " people detector (hog)"; }

private:
  bool is_known(const box& area) const {
    return std::any_of(seen_.begin(), seen_.end(),
                       [&](const auto& known) { return covered_share(known.area, area) > same_person; });
  }

  std::optional<person_sighting> look(const plane_view& luma, const box& expected) {
    ++looks_;
    const auto person = people_.look(luma, expected);
    if (!person)
      return std::nullopt;
    const bool moved = !changes_.is_another_shot() && movement_.share(person->area) >= least_move;
    return person_sighting{person->area, person->score, moved, appearance_of(as_matrix(luma), person->area)};
  }

  void add(const person_sighting& person) {
    changes_.look(person.area);
    seen_.push_back(person);
  }

  void follow(const plane_view& luma, const people_events::followed_person& person) {
    const auto& last = person.last;
    if (person.in_sight && last.score >= min_score_ && changes_.changed_share(last.area) < least_change) {
      if (!is_known(last.area))
        seen_.push_back({last.area, last.score, false, last.appearance});
      return;
    }
    const auto now = look(luma, person.expected);
    const double least_score = std::max(weak_share * min_score_, least_of_typical * person.typical_score);
    if (!now || now->score < least_score || is_known(now->area))
      return;
    if (now->appearance.similarity(last.appearance) >= least_similarity)
      add(*now);
    else if (person.typical_score >= well_seen)
      events_.leave(person.number); // what is there now is what was behind, or somebody else
  }

  void search(const plane_view& luma) {
    const auto regions = changes_.changes();
    double changed = 0;
    for (const auto& region : regions)
      changed += region.width * region.height;
    if (changed > most_in_parts) {
      search_all(luma);
    } else {
      for (const auto& region : regions)
        search_region(luma, region);
    }
    changes_.look({0, 0, 1, 1});
  }

  void search_all(const plane_view& luma) {
    const int long_side = std::max(luma.width, luma.height);
    if (searched_++ % full_every == 0 || long_side <= reduced_long_side_px)
      return consider(luma, people_.candidates(luma, {0, 0, 1, 1}, {0, 1.2 * luma.height}));
    const auto picture = as_matrix(luma);
    const auto reduced =
        view_part(picture, {cv::Point{}, picture.size()}, static_cast<double>(reduced_long_side_px) / long_side).luma;
    consider(luma, people_.candidates(as_plane(reduced), {0, 0, 1, 1}, {0, 1.2 * reduced.rows}));
  }

  void search_region(const plane_view& luma, const box& region) {
    const double height_px = region.height * luma.height;
    const double right = around_change * std::max(region.width, 0.5 * height_px / luma.width);
    const double down = around_change * region.height;
    consider(luma, people_.candidates(
                       luma, {region.x - right, region.y - down, region.width + 2 * right, region.height + 2 * down},
                       {0.6 * height_px, 1.6 * height_px}));
  }

  void consider(const plane_view& luma, const std::vector<box>& candidates) {
    std::vector<person_sighting> people;
    for (const auto& candidate : candidates)
      if (looks_ < most_looks && !is_part(candidate))
        if (const auto person = look(luma, candidate); person && person->score >= min_score_)
          people.push_back(*person);
    // Parts look like people more often than people together look like one.
    std::stable_sort(people.begin(), people.end(), [](const auto& a, const auto& b) { return weight(a) > weight(b); });
    for (const auto& person : people) {
      std::erase_if(seen_, [&](const auto& known) {
        return is_much_smaller(known.area, person.area) && covered_share(known.area, person.area) > same_person &&
               weight(known) < weight(person);
      });
      if (!is_known(person.area))
        add(person);
    }
  }

  static double weight(const person_sighting& person) { return person.score * person.area.height; }

  static bool is_much_smaller(const box& one, const box& other) {
    return one.width * one.height < much_smaller * other.width * other.height;
  }

  // Of somebody who is known already; larger ones may be who they are a part of.
  bool is_part(const box& area) const {
    return std::any_of(seen_.begin(), seen_.end(), [&](const auto& known) {
      return covered_share(known.area, area) > same_person && !is_much_smaller(known.area, area);
    });
  }

  double min_score_;
  people_finder people_;
  people_events events_;
  change_map changes_;
  own_movement movement_;
  plane picture_;

  // In the picture that is seen.
  std::vector<person_sighting> seen_;
  std::size_t looks_ = 0;

  int searched_ = 0; // pictures of the shot, as a whole
};

} // namespace

expected<std::unique_ptr<sampled_analyzer>> make_people_detection(const analyzer_options& options) {
  return std::make_unique<people_detection>(options.object_detection);
}

} // namespace timeloom
