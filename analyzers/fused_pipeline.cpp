#include "analyzers/fused_pipeline.hpp"

#include <algorithm>
#include <iterator>

namespace timeloom {

namespace {

event to_event(const transition& change) {
  event found;
  found.analyzer = "cut_analysis";
  found.kind = to_string(change.kind);
  found.start = change.first;
  if (change.kind != transition_kind::cut)
    found.end = change.last;
  found.score = change.score;
  return found;
}

void append(std::vector<event>& events, std::vector<event> more) {
  std::move(more.begin(), more.end(), std::back_inserter(events));
}

} // namespace

template <class Analyzer>
template <class Work>
auto fused_pipeline::timed<Analyzer>::on_clock(Work work) {
  struct stopwatch {
    std::chrono::nanoseconds& spent;
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
    ~stopwatch() { spent += std::chrono::steady_clock::now() - start; }
  } watch{spent};
  return work(*analyzer);
}

fused_pipeline::fused_pipeline(std::span<const std::string> analyzers, const analyzer_options& options) {
  const auto wanted = [&](std::string_view id) {
    return std::find(analyzers.begin(), analyzers.end(), id) != analyzers.end();
  };
  cuts_.asked_for = wanted("cut_analysis");
  segmenter_.asked_for = wanted("scene_segmentation");
  colors_.asked_for = wanted("color_analysis");
  camera_.asked_for = wanted("camera_analysis");
  sound_.asked_for = wanted("audio_levels");
  if (sound_.asked_for)
    sound_.analyzer.emplace(options.audio_levels);
  if (!cuts_.asked_for && !segmenter_.asked_for && !colors_.asked_for && !camera_.asked_for)
    return;
  cuts_.analyzer.emplace();
  if (segmenter_.asked_for || colors_.asked_for)
    segmenter_.analyzer.emplace();
  if (colors_.asked_for)
    colors_.analyzer.emplace(
        color_options{.rate_hz = options.color_analysis.rate_hz, .colors = options.color_analysis.colors});
  if (camera_.asked_for)
    camera_.analyzer.emplace(camera_options{.rate_hz = options.camera_analysis.rate_hz});
}

void fused_pipeline::pass(const frame_position& at) {
  if (sound_.analyzer)
    sound_.on_clock([&](auto& sound) { sound.pass(at); });
}

void fused_pipeline::hear(const sound_block& block) {
  if (sound_.analyzer)
    sound_.on_clock([&](auto& sound) { sound.hear(block); });
}

void fused_pipeline::see(const small_frame& frame) {
  ++frames_;
  if (!cuts_.analyzer)
    return;
  const auto changes = cuts_.on_clock([&](auto& cuts) { return cuts.push(frame); });
  if (segmenter_.analyzer)
    segmenter_.on_clock([&](auto& segmenter) { segmenter.push(frame); });
  if (colors_.analyzer)
    colors_.on_clock([&](auto& colors) { colors.push(frame); });
  if (camera_.analyzer)
    camera_.on_clock([&](auto& camera) { camera.push(frame); });
  settle(changes, cuts_.analyzer->settled());
}

void fused_pipeline::settle(std::span<const transition> changes, std::int64_t settled) {
  if (cuts_.asked_for)
    for (const auto& change : changes)
      events_.push_back(to_event(change));
  if (colors_.analyzer)
    colors_.on_clock([&](auto& colors) { colors.settle(changes, settled); });
  if (camera_.analyzer)
    append(events_, camera_.on_clock([&](auto& camera) { return camera.settle(changes, settled); }));
  if (segmenter_.analyzer)
    give_scenes(segmenter_.on_clock([&](auto& segmenter) { return segmenter.settle(changes, settled); }));
}

void fused_pipeline::give_scenes(std::vector<segmented_scene> closed) {
  for (auto& scene : closed) {
    if (colors_.analyzer)
      events_.push_back(colors_.on_clock([&](auto& colors) { return colors.describe(scene.scene); }));
    if (segmenter_.asked_for)
      scenes_.push_back(std::move(scene));
  }
}

void fused_pipeline::finish(media_time end, const std::optional<sound_facts>& sound) {
  if (sound_.analyzer)
    sound_.on_clock([&](auto& analyzer) { analyzer.finish(end, sound); });
  if (!cuts_.analyzer)
    return;
  const auto changes = cuts_.on_clock([](auto& cuts) { return cuts.finish(); });
  settle(changes, cuts_.analyzer->settled());
  if (camera_.analyzer)
    append(events_, camera_.on_clock([](auto& camera) { return camera.finish(); }));
  if (segmenter_.analyzer)
    give_scenes(segmenter_.on_clock([&](auto& segmenter) { return segmenter.finish(end); }));
}

std::vector<event> fused_pipeline::take_events() {
  if (sound_.analyzer)
    append(events_, sound_.analyzer->take_events());
  return std::exchange(events_, {});
}

std::vector<fused_pipeline::usage> fused_pipeline::used() const {
  std::vector<usage> all;
  const auto add = [&](const char* id, const auto& one) {
    if (one.asked_for)
      all.push_back({id, frames_, std::chrono::duration<double>(one.spent).count()});
  };
  add("cut_analysis", cuts_);
  add("scene_segmentation", segmenter_);
  add("color_analysis", colors_);
  add("camera_analysis", camera_);
  add("audio_levels", sound_);
  if (sound_.analyzer) {
    auto& sound = all.back();
    sound.frames = 0;
    sound.status = sound_.analyzer->status();
    sound.reason = sound_.analyzer->reason();
    sound.backend = audio_level_analyzer::backend();
  }
  return all;
}

} // namespace timeloom
