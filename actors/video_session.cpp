#include "actors/video_session.hpp"

namespace timeloom {

video_session::request video_session::expect(std::size_t pictures) {
  const request next{next_request_++, expected_};
  expected_ += pictures;
  requests_.push_back({next.number, pictures, {}});
  return next;
}

std::vector<std::pair<std::uint64_t, batch_result>> video_session::see(looked_at result) {
  std::vector<std::pair<std::uint64_t, batch_result>> answers;
  early_.emplace(result.number, std::move(result));
  for (auto turn = early_.find(next_picture_); turn != early_.end(); turn = early_.find(++next_picture_)) {
    auto& picture = turn->second;
    auto& waiting = requests_.front();
    const media_time time{picture.reference.time_ns};
    if (picture.sketch) {
      if (sketch_ && picture.sketch->is_of_another_shot(*sketch_))
        finds_->cut();
      sketch_ = std::move(picture.sketch);
    }
    if (picture.finds)
      finds_->see({picture.reference.index, time}, *picture.finds);
    else
      waiting.result.frame_errors.push_back(
          fmt::format("at {:.3f} s: {}", to_seconds(time), picture.finds.error().message));
    waiting.result.seconds += picture.seconds;
    if (--waiting.missing == 0) {
      waiting.result.events = finds_->take_events();
      answers.emplace_back(waiting.number, std::move(waiting.result));
      requests_.pop_front();
    }
    early_.erase(turn);
  }
  return answers;
}

batch_result video_session::finish() {
  finds_->finish();
  batch_result last;
  last.events = finds_->take_events();
  return last;
}

} // namespace timeloom
