#include "rendering/annotator.hpp"

#include <fmt/format.h>

namespace timeloom {

namespace {

std::string clock_text(const frame_position& at) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time).count();
  return fmt::format("{}:{:02}:{:02}.{:03}  #{}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000,
                     at.index);
}

} // namespace

annotator::annotator(const timeline& of) : of_(of) {
  for (const auto& how : drawings()) {
    lane added{how, {}, 0, {}};
    for (const auto& found : of.events)
      if (found.analyzer == how.analyzer)
        added.events.push_back(&found);
    lanes_.push_back(std::move(added));
  }
}

const scene* annotator::scene_at(std::int64_t index) {
  while (scene_ < of_.scenes.size() && of_.scenes[scene_].last.index < index)
    ++scene_;
  return scene_ < of_.scenes.size() && of_.scenes[scene_].first.index <= index ? &of_.scenes[scene_] : nullptr;
}

void annotator::draw(canvas& on, const frame_position& at) {
  on.note(corner::top_right, clock_text(at), inks::white);
  const auto* in = scene_at(at.index);
  for (auto& one : lanes_) {
    const auto& events = one.events;
    for (; one.next < events.size() && events[one.next]->start.time - one.how.lead <= at.time; ++one.next)
      one.shown.push_back({events[one.next], box_path{*events[one.next]}});
    std::erase_if(one.shown, [&](const shown_event& shown) { return shown.ends() + one.how.hold < at.time; });
    one.how.draw(on, {at, in, of_.scenes.size(), one.shown});
  }
  on.finish();
}

} // namespace timeloom
