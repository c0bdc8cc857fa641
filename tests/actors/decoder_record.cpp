#include "actors/decoder_record.hpp"

#include "tests/catch.hpp"

#include <optional>

using namespace timeloom;

namespace {

const decoding_cost slow{decoder_kind::nvdec, size_class::p1080, 2};
const decoding_case film{"h264", size_class::p1080};

} // namespace

TEST_CASE("what a video cost is kept when it was alone all the time") {
  const auto record = std::make_shared<decoder_record>();
  std::optional<decoding_turn> first{record}, second;
  CHECK(first->is_alone());
  first->tell("h264", slow, 1000);
  const decoder_speeds known{{film, {0, 0.002, 0}}};
  CHECK(record->speeds() == known);

  second.emplace(record);
  CHECK_FALSE(second->is_alone());
  first->tell("h264", {decoder_kind::software, size_class::p1080, 2}, 1000);
  second->tell("h264", {decoder_kind::nvdec, size_class::p1080, 9}, 1000);
  CHECK(record->speeds() == known);

  first.reset();
  second->tell("h264", {decoder_kind::nvdec, size_class::p1080, 9}, 1000);
  CHECK(record->speeds() == known);
  second.reset();
  CHECK(decoding_turn{record}.is_alone());
}

TEST_CASE("a turn that has moved counts once") {
  const auto record = std::make_shared<decoder_record>();
  std::optional<decoding_turn> turn{record};
  std::optional<decoding_turn> moved{std::move(*turn)};
  turn.reset();
  CHECK_FALSE(decoding_turn{record}.is_alone());
  moved = decoding_turn{record};
  CHECK_FALSE(decoding_turn{record}.is_alone());
  moved.reset();
  CHECK(decoding_turn{record}.is_alone());
}
