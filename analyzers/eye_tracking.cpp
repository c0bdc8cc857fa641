#include "analyzers/eye_tracking.hpp"

#include "analyzers/change_map.hpp"
#include "analyzers/eye_finder.hpp"
#include "analyzers/face_events.hpp"
#include "analyzers/face_finder.hpp"
#include "analyzers/sampling_clock.hpp"
#include "analyzers/suppression.hpp"

#include <algorithm>
#include <opencv2/core/version.hpp>

namespace timeloom {

namespace {

constexpr double scan_rate_hz = 2;
constexpr int thorough_every = 4;         // scans
constexpr std::size_t most_looks = 8;     // faces and candidates that are looked at in one picture
constexpr double least_change = 0.02;     // of a face, to look at it again
constexpr double same_face = 0.5;         // the area that both cover, of the smaller one's
constexpr double scan_margin = 0.12;      // around what changed: a face is seen with what is around it
constexpr double eyes_from_frontal = 0.5; // how frontal a face is that is asked for its eyes

class eye_tracking final : public sampled_analyzer {
public:
  eye_tracking(face_finder faces, eye_finder eyes, const eye_tracking_options& options)
      : faces_(std::move(faces)), eyes_(std::move(eyes)), events_(options) {}

  expected<void> see(const sampled_frame& frame) override {
    if (auto copied = copy_luma(frame, picture_); !copied)
      return copied;
    const auto luma = picture_.view();
    changes_.see(luma);
    const bool another_shot = changes_.is_another_shot();
    if (another_shot)
      events_.finish();
    std::vector<face_sighting> seen;
    std::size_t looks = 0;
    for (const auto& [area, last, in_sight] : events_.followed(frame.at.time)) {
      if (in_sight && changes_.changed_share(area) < least_change) {
        seen.push_back(last);
      } else if (looks++ < most_looks) {
        if (auto sighting = look(luma, area); sighting && !is_known(seen, sighting->face.area))
          seen.push_back(*sighting);
      }
    }
    if (scans_.picks(frame.at.time) || another_shot)
      scan(luma, seen, looks);
    events_.see(frame.at, seen);
    return {};
  }

  std::vector<event> take_events() override { return events_.take_events(); }
  void finish() override { events_.finish(); }
  std::string backend() const override { return "opencv " CV_VERSION " cascades"; }

private:
  static bool is_known(const std::vector<face_sighting>& seen, const box& area) {
    return std::any_of(seen.begin(), seen.end(),
                       [&](const face_sighting& known) { return covered_share(known.face.area, area) > same_face; });
  }

  std::optional<face_sighting> look(const plane_view& luma, const box& area) {
    const auto face = faces_.look(luma, area);
    if (!face)
      return std::nullopt;
    changes_.look(face->area);
    face_sighting sighting{*face, {}};
    if (face->frontal >= eyes_from_frontal)
      sighting.eyes = eyes_.look(luma, face->area);
    return sighting;
  }

  // Looks for new faces in what has changed since the last time, at times everywhere, and for small ones.
  void scan(const plane_view& luma, std::vector<face_sighting>& seen, std::size_t looks) {
    auto regions = changes_.changes();
    const bool thorough = !regions.empty() && scanned_++ % thorough_every == 0;
    if (thorough)
      regions = {{0, 0, 1, 1}};
    for (const auto& region : regions) {
      const box area{region.x - scan_margin, region.y - scan_margin, region.width + 2 * scan_margin,
                     region.height + 2 * scan_margin};
      auto candidates = faces_.candidates(luma, area, face_size::usual);
      if (thorough) {
        const auto small = faces_.candidates(luma, area, face_size::small);
        candidates.insert(candidates.end(), small.begin(), small.end());
      }
      for (const auto& candidate : candidates) {
        if (is_known(seen, candidate) || looks++ >= most_looks)
          continue;
        if (auto sighting = look(luma, candidate); sighting && !is_known(seen, sighting->face.area))
          seen.push_back(*sighting);
      }
    }
    changes_.look({0, 0, 1, 1});
  }

  face_finder faces_;
  eye_finder eyes_;
  face_events events_;
  change_map changes_;
  sampling_clock scans_{scan_rate_hz};
  int scanned_ = 0;
  plane picture_;
};

} // namespace

expected<std::unique_ptr<sampled_analyzer>> make_eye_tracking(const analyzer_options& options) {
  auto faces = face_finder::load();
  if (!faces)
    return tl::unexpected{faces.error()};
  auto eyes = eye_finder::load();
  if (!eyes)
    return tl::unexpected{eyes.error()};
  return std::make_unique<eye_tracking>(std::move(*faces), std::move(*eyes), options.eye_tracking);
}

} // namespace timeloom
