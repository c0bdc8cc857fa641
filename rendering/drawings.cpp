#include "rendering/drawings.hpp"

#include <array>
#include <fmt/format.h>

namespace timeloom {

namespace {

using namespace std::chrono_literals;

// A cut lasts for a frame, which nobody sees, as does a caption of a frame; of the sound, the seconds around the
// picture's are drawn.
constexpr std::array<drawing, 11> table{{
    {"scene_segmentation", draw_scene},
    {"color_analysis", draw_colors},
    {"cut_analysis", draw_shots, 0s, 500ms},
    {"camera_analysis", draw_camera},
    {"audio_levels", draw_sound, 10s, 10s},
    {"scene_caption", draw_captions, 0s, 1500ms}, // of a frame
    {"background_segmentation", draw_movement},
    {"object_detection", draw_objects},
    {"body_pose", draw_bodies},
    {"eye_tracking", draw_faces, 0s, 250ms},
    {"text_overlay", draw_text},
}};

} // namespace

std::span<const drawing> drawings() {
  return table;
}

std::string caption(std::string_view name, const event& found) {
  std::string words{name};
  if (found.track)
    words += fmt::format(" {}", *found.track);
  if (found.score)
    words += fmt::format("  {:.2f}", *found.score);
  return words;
}

} // namespace timeloom
