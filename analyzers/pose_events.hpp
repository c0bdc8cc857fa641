/// What body pose tells of a video: each person once, with the posture of the clearest picture.
#pragma once

#include "analyzers/analyzer_options.hpp"
#include "analyzers/batch_analyzer.hpp"

#include <array>
#include <memory>
#include <string_view>

namespace timeloom {

/// The points of a body in the order of the COCO data set (Lin et al., "Microsoft COCO: Common Objects in Context",
/// 2014; `categories[person].keypoints` of its annotations). Left and right are the person's own.
inline constexpr std::array<std::string_view, 17> body_points{
    "nose",           "left_eye",   "right_eye",   "left_ear",   "right_ear",   "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip",
    "right_hip",      "left_knee",  "right_knee",  "left_ankle", "right_ankle"};

/// One event of kind "person" for each track (track_event.hpp), as soon as it has ended. Objects without one keypoint
/// for each of `body_points` are ignored. Attributes: `sightings`, `path`, and `keypoints` of the best-scored sighting:
/// by name x, y and score, without those that are not finite, outside the picture, or of a score not above 0.
std::unique_ptr<video_finds> make_pose_events(const body_pose_options& options);

} // namespace timeloom
