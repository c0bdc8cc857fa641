/// How each analyzer draws what it found: one table, and one file an analyzer.
#pragma once

#include "core/media_time.hpp"
#include "timeline/event.hpp"

#include <span>
#include <string>
#include <string_view>

namespace timeloom {

class canvas;
struct moment;

struct drawing {
  std::string_view analyzer; ///< catalog id
  void (*draw)(canvas& on, const moment& now) = nullptr;
  media_time lead{0}; ///< its events are shown from so long before they start
  media_time hold{0}; ///< until so long after they end
};

void draw_shots(canvas& on, const moment& now);    // cut_analysis
void draw_scene(canvas& on, const moment& now);    // scene_segmentation
void draw_colors(canvas& on, const moment& now);   // color_analysis
void draw_camera(canvas& on, const moment& now);   // camera_analysis
void draw_sound(canvas& on, const moment& now);    // audio_levels
void draw_text(canvas& on, const moment& now);     // text_overlay
void draw_faces(canvas& on, const moment& now);    // eye_tracking
void draw_objects(canvas& on, const moment& now);  // object_detection
void draw_bodies(canvas& on, const moment& now);   // body_pose
void draw_movement(canvas& on, const moment& now); // background_segmentation
void draw_captions(canvas& on, const moment& now); // scene_caption

/// In the order in which they are drawn: what has its place at the picture's edges first.
std::span<const drawing> drawings();

/// "person 3 0.87": a name, the event's track and its score, as far as it has them.
std::string caption(std::string_view name, const event& found);

} // namespace timeloom
