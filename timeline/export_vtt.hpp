/// The timeline as WebVTT: what happens, as text that plays along with the video.
#pragma once

#include "timeline/timeline.hpp"

#include <string>

namespace timeloom {

/// One cue a scene and one an event, in order of time; the file's and the program's facts stand in a NOTE before them.
/// Detections without words (events with a box and no text, such as objects in single frames) are left out: they are
/// for programs, which read the JSON. A moment is shown for a second and a half, or until the video ends.
/// A cue's class is the id of its analyzer ("scene" for scenes), so that ::cue(.cut_analysis) can style it.
std::string export_vtt(const timeline& found);

} // namespace timeloom
