#include "analyzers/fused_pipeline.hpp"

#include "tests/analyzers/drawn_video.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <set>

using namespace timeloom;

namespace {

constexpr int shot_frames = 75;
constexpr int shots = 3;

struct result {
  std::vector<event> events;
  std::vector<segmented_scene> scenes;
  std::vector<fused_pipeline::usage> used;
};

/// Three shots of different walls at 25 frames/s through the pipeline.
result run(const std::vector<std::string>& analyzers) {
  fused_pipeline pipeline{analyzers, {}};
  result out;
  const auto take = [&] {
    for (auto& one : pipeline.take_events())
      out.events.push_back(std::move(one));
    for (auto& one : pipeline.take_scenes())
      out.scenes.push_back(std::move(one));
  };
  drawn_frame frame{320, 180};
  for (int i = 0; i < shots * shot_frames; ++i) {
    draw_wall(frame, {}, 1 + static_cast<unsigned>(i / shot_frames) * 17);
    pipeline.see(frame.at(i, 25));
    take();
  }
  pipeline.finish(shots * shot_frames * std::chrono::milliseconds{40}, std::nullopt);
  take();
  out.used = pipeline.used();
  return out;
}

std::set<std::string> analyzers_of(const result& found) {
  std::set<std::string> ids;
  for (const auto& one : found.events)
    ids.insert(one.analyzer);
  return ids;
}

} // namespace

TEST_CASE("cuts are on the exact frame, and scenes follow without gaps") {
  const auto found = run({"cut_analysis", "scene_segmentation", "color_analysis", "camera_analysis"});
  std::vector<std::int64_t> cuts;
  for (const auto& one : found.events)
    if (one.kind == "cut")
      cuts.push_back(one.start.index);
  CHECK(cuts == std::vector<std::int64_t>{shot_frames, 2 * shot_frames});
  REQUIRE_FALSE(found.scenes.empty());
  CHECK(found.scenes.front().scene.first.index == 0);
  CHECK(found.scenes.back().scene.last.index == shots * shot_frames - 1);
  for (std::size_t i = 1; i < found.scenes.size(); ++i)
    CHECK(found.scenes[i].scene.first.index == found.scenes[i - 1].scene.last.index + 1);
}

TEST_CASE("every scene has its colours and a picture that stands for it") {
  const auto found = run({"scene_segmentation", "color_analysis"});
  const auto colors = std::count_if(found.events.begin(), found.events.end(),
                                    [](const event& one) { return one.analyzer == "color_analysis"; });
  CHECK(static_cast<std::size_t>(colors) == found.scenes.size());
  for (const auto& one : found.scenes)
    CHECK(one.luma.width() == 320);
}

TEST_CASE("what an analyzer needs runs, but only what was asked for is given") {
  const auto found = run({"color_analysis"});
  CHECK(analyzers_of(found) == std::set<std::string>{"color_analysis"});
  CHECK(found.scenes.empty());
  REQUIRE(found.used.size() == 1);
  CHECK(found.used[0].analyzer == "color_analysis");
  CHECK(found.used[0].frames == shots * shot_frames);
}

TEST_CASE("a pipeline without analyzers looks at nothing") {
  const auto found = run({});
  CHECK(found.events.empty());
  CHECK(found.used.empty());
}
