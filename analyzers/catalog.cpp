#include "analyzers/catalog.hpp"

#include <algorithm>
#include <array>
#include <fmt/ranges.h>

namespace timeloom {

namespace {

using enum analyzer_site;

constexpr std::array<analyzer_description, 11> catalog{{
    {"cut_analysis", "hard cuts, dissolves, fades and wipes", fused},
    {"scene_segmentation", "scenes made of shots, with first, representative and last frame", fused, false,
     "cut_analysis"},
    {"color_analysis", "dominant colours, brightness, contrast and saturation of each scene", fused, false,
     "scene_segmentation"},
    {"camera_analysis", "static, pan, tilt, zoom, roll and shake, with direction and amount", fused, false,
     "cut_analysis"},
    {"audio_levels", "silence and loudness (EBU R128) of the sound", fused},
    {"text_overlay", "on-screen text with its place and time", sampled},
    {"eye_tracking", "faces, followed over time, with blinks and gaze", sampled},
    {"object_detection", "objects with their place, followed over time; without a model, people", model, true},
    {"body_pose", "people with the points of their bodies, followed over time", model},
    {"background_segmentation", "what covers the picture: class areas over time; without a model, what moves", model,
     true},
    {"scene_caption", "what each scene shows, in words", model, false, "scene_segmentation", true},
}};

} // namespace

std::span<const analyzer_description> analyzer_catalog() {
  return catalog;
}

const analyzer_description* find_analyzer(std::string_view id) {
  for (const auto& description : catalog)
    if (description.id == id)
      return &description;
  return nullptr;
}

expected<void> check_analyzer(std::string_view id) {
  if (find_analyzer(id) == nullptr)
    return fail(errc::invalid_argument, "there is no analyzer \"{}\"; there are: {}", id,
                fmt::join(all_analyzer_ids(), ", "));
  return {};
}

std::vector<std::string> all_analyzer_ids() {
  std::vector<std::string> ids;
  for (const auto& description : catalog)
    ids.emplace_back(description.id);
  return ids;
}

std::vector<std::string> with_needed(std::vector<std::string> ids) {
  const auto has = [&](std::string_view id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); };
  if (std::none_of(catalog.begin(), catalog.end(),
                   [&](const auto& description) { return description.at_scenes && has(description.id); }) ||
      has(scene_analyzer))
    return ids;
  ids.emplace_back(scene_analyzer);
  auto ordered = all_analyzer_ids();
  std::erase_if(ordered, [&](const auto& id) { return !has(id); });
  return ordered;
}

} // namespace timeloom
