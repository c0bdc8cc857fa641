#include "media/chosen_frames.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace timeloom {

namespace {

/// How far before a frame to look for a key frame: where the nearest one is shown after it all the same, an earlier
/// one, and at last the first of all.
constexpr std::array<media_time, 3> margins{media_time{0}, std::chrono::seconds{10}, std::chrono::hours{24 * 365}};

class chosen_frames final : public frame_source {
public:
  chosen_frames(std::unique_ptr<frame_source> source, std::vector<frame_position> wanted,
                std::function<bool(const frame_position&)> still_at_it)
      : source_(std::move(source)),
        wanted_(std::move(wanted)),
        still_at_it_(std::move(still_at_it)),
        facts_(source_->facts()) {}

  expected<std::optional<decoded_frame>> next() override {
    while (next_ < wanted_.size() && still_at_it_(wanted_[next_])) {
      auto frame = find(wanted_[next_]);
      facts_ = source_->facts();
      if (!frame)
        return frame;
      const auto& wanted = wanted_[next_++];
      if (*frame) {
        (*frame)->at = wanted;
        return frame;
      }
      ++missing_;
      if (notes_.size() < most_decode_notes)
        notes_.push_back(fmt::format("frame {} at {:.3f} s did not come again", wanted.index, to_seconds(wanted.time)));
    }
    return std::nullopt;
  }

  bool jump_before(media_time) override { return false; }
  void listen(std::function<bool(sound_block)>) override {}
  std::optional<sound_facts> sound() const override { return std::nullopt; }
  const media_facts& facts() const override { return facts_; }

  media_facts finish() override {
    facts_.decode_errors += missing_;
    facts_.decode_notes.insert(facts_.decode_notes.begin(), notes_.begin(), notes_.end());
    return facts_;
  }

private:
  /// The frame, or nothing when it does not come.
  expected<std::optional<decoded_frame>> find(const frame_position& wanted) {
    auto margin = margins.begin();
    const auto jump = [&] {
      while (margin != margins.end())
        if (source_->jump_before(std::max(wanted.time - *margin++, media_time{0})))
          return true;
      return false;
    };
    bool jumped = false;
    if (later_ && later_->at.time < wanted.time)
      later_.reset();
    if (!later_ && source_->jump_before(wanted.time)) {
      jumped = true;
      ++margin;
    }
    while (still_at_it_(wanted)) {
      expected<std::optional<decoded_frame>> frame = later_ ? std::exchange(later_, std::nullopt) : source_->next();
      if (!frame || (*frame && (*frame)->at.time == wanted.time))
        return frame;
      if (*frame && (*frame)->at.time < wanted.time)
        continue;
      if (jumped && (jumped = jump()))
        continue;
      later_ = std::move(*frame);
      return std::nullopt;
    }
    return std::nullopt;
  }

  std::unique_ptr<frame_source> source_;
  std::vector<frame_position> wanted_;
  std::function<bool(const frame_position&)> still_at_it_;
  media_facts facts_;
  std::size_t next_ = 0;
  std::optional<decoded_frame> later_; // was read, and is shown after the one that was looked for
  std::int64_t missing_ = 0;
  std::vector<std::string> notes_;
};

} // namespace

std::unique_ptr<frame_source> choose_frames(std::unique_ptr<frame_source> source, std::vector<frame_position> wanted,
                                            std::function<bool(const frame_position&)> still_at_it) {
  return std::make_unique<chosen_frames>(std::move(source), std::move(wanted), std::move(still_at_it));
}

} // namespace timeloom
