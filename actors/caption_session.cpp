#include "actors/caption_session.hpp"

#include <limits>
#include <utility>

namespace timeloom {

caption_session::caption_session(std::vector<scene_question> questions, scene_caption_options options)
    : options_(std::move(options)) {
  for (auto& question : questions)
    questions_.push_back({std::move(question), 0, {}});
}

void caption_session::miss(const frame_position& frame, const std::string& why) {
  result_.frame_errors.push_back(fmt::format("at {:.3f} s: {}", to_seconds(frame.time), why));
}

/// Frames before `index` do not come any more.
std::vector<caption_session::ready_question> caption_session::pass_to(std::int64_t index) {
  std::vector<ready_question> ready;
  for (; next_ < questions_.size(); ++next_) {
    auto& question = questions_[next_];
    const auto& frames = question.of.frames;
    for (; question.expected < frames.size() && frames[question.expected].index < index; ++question.expected)
      miss(frames[question.expected], "the picture could not be decoded again");
    if (question.expected < frames.size())
      break;
    if (question.pictures.empty())
      continue;
    ++open_;
    ready.push_back(
        {next_, {std::move(question.pictures), options_.prompt, options_.max_new_tokens, options_.max_tiles}});
  }
  return ready;
}

std::vector<caption_session::ready_question> caption_session::take(std::int64_t index, expected<kept_picture> picture) {
  auto ready = pass_to(index);
  if (next_ == questions_.size())
    return ready;
  auto& question = questions_[next_];
  const auto& frame = question.of.frames[question.expected];
  if (frame.index != index)
    return ready;
  if (picture)
    question.pictures.push_back(std::move(*picture));
  else
    miss(frame, picture.error().message);
  ++question.expected;
  for (auto& one : pass_to(index))
    ready.push_back(std::move(one));
  return ready;
}

std::vector<caption_session::ready_question> caption_session::close() {
  closed_ = true;
  return pass_to(std::numeric_limits<std::int64_t>::max());
}

void caption_session::answer(std::size_t number, const expected<picture_answer>& given, double seconds) {
  --open_;
  result_.seconds += seconds;
  const auto& about = questions_.at(number).of;
  if (!given) {
    miss(about.frames.front(), fmt::format("no caption of scene {}: {}", about.scene, given.error().message));
    return;
  }
  event found;
  found.analyzer = "scene_caption";
  found.kind = "caption";
  found.start = about.frames.front();
  if (options_.caption == caption_unit::scene)
    found.end = about.frames.back();
  found.text = given->text;
  found.attributes = {{"scene", about.scene}, {"prompt_tokens", given->prompt_tokens}, {"tokens", given->tokens}};
  if (given->cut_short)
    found.attributes.emplace_back("cut_short", true);
  result_.events.push_back(std::move(found));
}

batch_result caption_session::take_result() {
  return std::exchange(result_, {});
}

} // namespace timeloom
