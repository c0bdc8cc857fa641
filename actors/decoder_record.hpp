/// What decoding was seen to cost on this host, and how many videos are decoded now.
///
/// Shared by the media links of a coordinator, which ask it before a video and tell it after, and by whoever keeps it
/// between runs. Any thread.
#pragma once

#include "media/decoder_speeds.hpp"

#include <memory>
#include <mutex>

namespace timeloom {

class decoder_record {
public:
  explicit decoder_record(decoder_speeds known = {}) : speeds_(std::move(known)) {}

  decoder_speeds speeds() const;

private:
  friend class decoding_turn;

  mutable std::mutex mutex_;
  decoder_speeds speeds_;
  int at_it_ = 0;
};

/// One video that is decoded, for as long as this lives. Move only; one owner.
class decoding_turn {
public:
  explicit decoding_turn(std::shared_ptr<decoder_record> record);
  decoding_turn(decoding_turn&&) noexcept = default;
  decoding_turn& operator=(decoding_turn&& other) noexcept;
  ~decoding_turn();

  /// Whether no other video was decoded when it began.
  bool is_alone() const { return alone_; }

  /// What it cost. Says nothing, and is not kept, when it was not alone.
  void tell(const std::string& codec, const decoding_cost& cost, std::int64_t frames);

private:
  std::shared_ptr<decoder_record> record_;
  bool alone_ = true;
};

} // namespace timeloom
