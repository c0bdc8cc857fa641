#include "analyzers/scene_questions.hpp"

#include <algorithm>

namespace timeloom {

namespace {

/// In order of time; a worker that looks for scenes is not trusted to tell them so.
std::vector<frame_position> in_order(std::vector<frame_position> frames) {
  std::sort(frames.begin(), frames.end());
  const auto same = [](const auto& a, const auto& b) { return a.index == b.index; };
  frames.erase(std::unique(frames.begin(), frames.end(), same), frames.end());
  return frames;
}

} // namespace

std::vector<scene_question> scene_questions(std::span<const scene> scenes, const scene_caption_options& options) {
  std::vector<scene_question> questions;
  std::size_t chosen = 0;
  for (const auto& one : scenes) {
    auto frames = in_order({one.first, one.representative, one.last});
    chosen += frames.size();
    if (chosen > most_chosen_frames)
      break;
    if (options.caption == caption_unit::scene)
      questions.push_back({one.number, std::move(frames)});
    else
      for (const auto& frame : frames)
        questions.push_back({one.number, {frame}});
  }
  return questions;
}

std::vector<frame_position> frames_of(std::span<const scene_question> questions) {
  std::vector<frame_position> frames;
  for (const auto& question : questions)
    frames.insert(frames.end(), question.frames.begin(), question.frames.end());
  return in_order(std::move(frames));
}

} // namespace timeloom
