/// Which frames of a video's scenes a model is shown, and what it is asked with which of them. Plain functions.
#pragma once

#include "analyzers/analyzer_options.hpp"
#include "timeline/timeline.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace timeloom {

/// One caption to be made.
struct scene_question {
  std::int64_t scene = 0;             ///< its number
  std::vector<frame_position> frames; ///< what is shown: at least one, in order, each once

  bool operator==(const scene_question&) const = default;
};

/// Frames of one video that are looked for at a time, at most.
inline constexpr std::size_t most_chosen_frames = 4096;

/// For each scene one question with its first, representative and last frame, or one for each of these. What would
/// exceed `most_chosen_frames` is left out, from a scene on.
std::vector<scene_question> scene_questions(std::span<const scene> scenes, const scene_caption_options& options);

/// The frames of all questions, in order, each once.
std::vector<frame_position> frames_of(std::span<const scene_question> questions);

} // namespace timeloom
