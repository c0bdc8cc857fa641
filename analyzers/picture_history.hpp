/// The last pictures of a stream, by the number of the frame. Memory is taken once; one owner, one thread.
#pragma once

#include "analyzers/shot_picture.hpp"

#include <cstdint>
#include <vector>

namespace timeloom {

class picture_history {
public:
  static constexpr int capacity = 128;

  shot_picture& next() { return pictures_[static_cast<std::size_t>(count_++ % capacity)]; }
  const shot_picture& operator[](std::int64_t frame) const {
    return pictures_[static_cast<std::size_t>(frame % capacity)];
  }
  std::int64_t count() const { return count_; }

private:
  std::vector<shot_picture> pictures_ = std::vector<shot_picture>(capacity);
  std::int64_t count_ = 0;
};

} // namespace timeloom
