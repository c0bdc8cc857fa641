/// One analyzer's work on one video in a model worker: puts what batches gave back into the video's order, and tells
/// where another shot begins.
///
/// Batches end in any order, and hold pictures of many videos; a video's pictures must be seen one after the other. A
/// plain class; one owner, one thread.
#pragma once

#include "actors/protocol.hpp"
#include "analyzers/batch_analyzer.hpp"
#include "analyzers/shot_sketch.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace timeloom {

/// A picture that was looked at.
struct looked_at {
  std::uint64_t session = 0;
  std::uint64_t number = 0; ///< of the picture within its session
  frame_reference reference;
  expected<picture_finds> finds;
  double seconds = 0;                ///< its share of what the batch took
  std::optional<shot_sketch> sketch; ///< of the picture; absent when it could not be read
};

class video_session {
public:
  explicit video_session(std::unique_ptr<video_finds> finds) : finds_(std::move(finds)) {}

  struct request {
    std::uint64_t number = 0;
    std::uint64_t first_picture = 0; ///< the numbers of its pictures follow each other from here
  };

  /// A request with this many pictures, at least one, comes next.
  request expect(std::size_t pictures);

  /// Takes a picture of an expected request. Gives the answers that are complete now: request and result, in order.
  std::vector<std::pair<std::uint64_t, batch_result>> see(looked_at result);

  /// No picture follows: the last events.
  batch_result finish();

private:
  struct open_request {
    std::uint64_t number = 0;
    std::size_t missing = 0; ///< pictures
    batch_result result;
  };

  std::unique_ptr<video_finds> finds_;
  std::optional<shot_sketch> sketch_;             // of the last picture that could be read
  std::deque<open_request> requests_;             // in order; the first waits for the next picture
  std::map<std::uint64_t, looked_at> early_;      // pictures that came before their turn, by number
  std::uint64_t next_request_ = 0, expected_ = 0; // numbers to give
  std::uint64_t next_picture_ = 0;                // the one to be seen next
};

} // namespace timeloom
