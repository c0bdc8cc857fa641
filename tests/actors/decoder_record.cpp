#include "actors/decoder_record.hpp"

#include "tests/catch.hpp"

#include <optional>

using namespace timeloom;

namespace {

const decoding_cost slow{decoder_kind::nvdec, size_class::p1080, 2};
const decoding_case alone{"h264", size_class::p1080, true}, among_others{"h264", size_class::p1080, false};

} // namespace

TEST_CASE("what a video cost is kept for its company, and not at all when that changed meanwhile") {
  const auto record = std::make_shared<decoder_record>();
  std::optional<decoding_turn> first{record}, second;
  CHECK(first->is_alone());
  first->tell("h264", slow, 1000);
  CHECK(record->speeds() == decoder_speeds{{alone, {0, 0.002, 0}}});

  second.emplace(record);
  CHECK_FALSE(second->is_alone());
  first->tell("h264", slow, 1000);
  CHECK(record->speeds().size() == 1);
  second->tell("h264", slow, 1000);
  CHECK(record->speeds().at(among_others).nvdec_s == 0.002);

  first.reset();
  second->tell("h264", {decoder_kind::nvdec, size_class::p1080, 9}, 1000);
  CHECK(record->speeds().at(among_others).nvdec_s == 0.002);
  second.reset();
  CHECK(decoding_turn{record}.is_alone());
}

TEST_CASE("a video is told what is known of those in its company") {
  const auto record =
      std::make_shared<decoder_record>(decoder_speeds{{alone, {0.001, 0.002, 3}}, {among_others, {0.004, 0.002, 0}}});
  const decoding_turn first{record}, second{record};
  CHECK(first.speeds() == decoder_speeds{{alone, {0.001, 0.002, 3}}});
  CHECK(second.speeds() == decoder_speeds{{among_others, {0.004, 0.002, 0}}});
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
