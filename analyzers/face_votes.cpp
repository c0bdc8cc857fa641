#include "analyzers/face_votes.hpp"

#include "analyzers/suppression.hpp"

#include <algorithm>
#include <functional>

namespace timeloom {

namespace {

constexpr double half_support = 8; // neighbours
constexpr double same_place = 0.4; // intersection over union; cascades frame faces differently

bool is_frontal(face_detector by) {
  return by == face_detector::frontal_alt || by == face_detector::frontal_default;
}

struct opinion {
  seen_face face;

  // What those who see a face where `seed` sees one say together.
  opinion(const face_vote& seed, std::span<const face_vote> votes) {
    std::array<double, face_detectors> supports{};
    std::array<double, 3> views{};
    double weight = 0;
    box sum;
    for (const auto& vote : votes) {
      if (intersection_over_union(seed.area, vote.area) < same_place)
        continue;
      const double support = support_of(vote.neighbours);
      auto& by = supports[static_cast<std::size_t>(vote.by)];
      by = std::max(by, support);
      auto& view = views[static_cast<std::size_t>(vote.view)];
      view = std::max(view, support);
      weight += support;
      sum.x += support * vote.area.x;
      sum.y += support * vote.area.y;
      sum.width += support * vote.area.width;
      sum.height += support * vote.area.height;
      if (is_frontal(vote.by))
        face.frontal = std::max(face.frontal, support);
    }
    std::partial_sort(supports.begin(), supports.begin() + 2, supports.end(), std::greater<>{});
    face.score = (supports[0] + supports[1]) / 2;
    face.area = {sum.x / weight, sum.y / weight, sum.width / weight, sum.height / weight};
    face.view = static_cast<face_view>(std::max_element(views.begin(), views.end()) - views.begin());
  }
};

} // namespace

std::string_view to_string(face_view view) {
  constexpr std::array<std::string_view, 3> names{"frontal", "left", "right"};
  return names.at(static_cast<std::size_t>(view));
}

double support_of(int neighbours) {
  return neighbours / (neighbours + half_support);
}

std::optional<seen_face> agreed_face(std::span<const face_vote> votes) {
  std::optional<seen_face> best;
  for (const auto& seed : votes)
    if (const opinion here{seed, votes}; !best || here.face.score > best->score)
      best = here.face;
  return best;
}

} // namespace timeloom
