#include "actors/decoder_record.hpp"

#include <utility>

namespace timeloom {

decoder_speeds decoder_record::speeds() const {
  const std::lock_guard lock{mutex_};
  return speeds_;
}

decoding_turn::decoding_turn(std::shared_ptr<decoder_record> record) : record_(std::move(record)) {
  const std::lock_guard lock{record_->mutex_};
  alone_ = ++record_->at_it_ == 1;
}

decoding_turn& decoding_turn::operator=(decoding_turn&& other) noexcept {
  std::swap(record_, other.record_);
  std::swap(alone_, other.alone_);
  return *this;
}

decoding_turn::~decoding_turn() {
  if (!record_)
    return;
  const std::lock_guard lock{record_->mutex_};
  --record_->at_it_;
}

void decoding_turn::tell(const std::string& codec, const decoding_cost& cost, std::int64_t frames) {
  const std::lock_guard lock{record_->mutex_};
  if (alone_ && record_->at_it_ == 1)
    measure(record_->speeds_, {codec, cost.size}, cost, frames);
}

} // namespace timeloom
