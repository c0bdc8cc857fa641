#include "timeline/event_json.hpp"

#include "timeline/json_text.hpp"

#include "tests/catch.hpp"

#include <limits>
#include <nlohmann/json.hpp>
#include <random>

using namespace timeloom;
using nlohmann::ordered_json;

namespace {

event everything() {
  event e;
  e.analyzer = "object_detection";
  e.kind = "object";
  e.start = {120, media_time{4'004'000'001}};
  e.end = frame_position{180, media_time{6'006'000'003}};
  e.label = "person";
  e.score = 0.875;
  e.area = box{0.25, 0.125, 0.5, 0.75};
  e.text = "line one\nline two \xF0\x9F\x8E\x9E";
  e.track = 7;
  e.attributes = {{"zebra", 1},
                  {"apple", attribute::list{true, -2.5, "x", attribute::list{}, attribute::object{}}},
                  {"big", std::int64_t{INT64_MIN}}};
  return e;
}

ordered_json moment() {
  return {{"analyzer", "cut_analysis"}, {"kind", "cut"}, {"frame", 10}, {"start_s", 0.4}};
}

std::string refusal(const ordered_json& json) {
  const auto read = event_from_json(json);
  if (read)
    return "accepted";
  CHECK(read.error().code == errc::protocol);
  return read.error().message;
}

ordered_json with(const char* name, ordered_json value) {
  ordered_json json = moment();
  json[name] = std::move(value);
  return json;
}

ordered_json nested(int depth) {
  ordered_json json = 1;
  for (int i = 0; i < depth; ++i)
    json = ordered_json{{"in", json}};
  return json;
}

} // namespace

TEST_CASE("a moment and a span have the documented forms") {
  event cut;
  cut.analyzer = "cut_analysis";
  cut.kind = "cut";
  cut.start = {10, media_time{400'000'000}};
  CHECK(json_text(to_json(cut), 0) == R"({"analyzer": "cut_analysis", "kind": "cut", "frame": 10, "start_s": 0.4})");
  CHECK(
      json_text(to_json(everything()), 0) ==
      R"({"analyzer": "object_detection", "kind": "object", "start_frame": 120, "end_frame": 180, )"
      R"("start_s": 4.004000001, "end_s": 6.006000003, "label": "person", "score": 0.875, )"
      R"("box": {"x": 0.25, "y": 0.125, "width": 0.5, "height": 0.75}, "text": "line one\nline two )"
      "\xF0\x9F\x8E\x9E"
      R"(", "track": 7, "attributes": {"zebra": 1, "apple": [true, -2.5, "x", [], {}], "big": -9223372036854775808}})");
}

TEST_CASE("an event survives JSON text and CBOR unchanged, with its attributes in order") {
  const event e = everything();
  CHECK(event_from_json(to_json(e)) == e);
  CHECK(event_from_json(ordered_json::parse(json_text(to_json(e), 3))) == e);
  CHECK(event_from_json(ordered_json::from_cbor(ordered_json::to_cbor(to_json(e)))) == e);
}

TEST_CASE("times are exact to the nanosecond through seconds in a double") {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::int64_t> any(-(std::int64_t{1} << 51), std::int64_t{1} << 51);
  for (int i = 0; i < 20'000; ++i) {
    event e = everything();
    e.start.time = media_time{any(random)};
    e.end.reset();
    const auto read = event_from_json(ordered_json::parse(json_text(to_json(e), 0)));
    REQUIRE(read);
    REQUIRE(read->start.time == e.start.time);
  }
}

TEST_CASE("whole numbers stay apart from fractions among attributes") {
  event e = everything();
  e.attributes = {{"whole", 3}, {"fraction", 3.0}};
  const auto read = event_from_json(ordered_json::parse(json_text(to_json(e), 0)));
  CHECK(read == e);
}

TEST_CASE("what an analyzer writes as ill-formed UTF-8 is repaired, not thrown") {
  event e = everything();
  e.text = "caf\xE9 \xED\xA0\x80";
  e.attributes = {{"na\xFFme", "\xC0\xAF"}};
  const auto read = event_from_json(to_json(e));
  REQUIRE(read);
  CHECK(*read->text == "caf\xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(read->attributes.front().first == "na\xEF\xBF\xBDme");
}

TEST_CASE("an event that does not fit is refused with the reason") {
  CHECK(refusal(moment()) == "accepted");
  CHECK(refusal(ordered_json::array()) == "event: is a JSON array, not an object");
  CHECK(refusal(with("frame", -1)) == "event: \"frame\" is -1, not within [0, 9007199254740992]");
  CHECK(refusal(with("frame", 10.0)) == "event: \"frame\" is not an integer");
  CHECK(refusal(with("frame", std::numeric_limits<std::uint64_t>::max())) ==
        "event: \"frame\" is 18446744073709551615, not within [0, 9007199254740992]");
  CHECK(refusal(with("start_s", "0.4")) == "event: \"start_s\" is a JSON string, not a number");
  CHECK(refusal(with("start_s", std::nan(""))).find("\"start_s\" is nan") != std::string::npos);
  CHECK(refusal(with("start_s", 1e300)).find("\"start_s\" is 1e+300") != std::string::npos);
  CHECK(refusal(with("kind", "a b")) == "event: \"kind\" is \"a b\", which is no identifier");
  CHECK(refusal(with("kind", "")) == "event: \"kind\" is \"\", which is no identifier");
  CHECK(refusal(with("analyzer", std::string(65, 'a'))) == "event: \"analyzer\" has 65 bytes, over 64");
  CHECK(refusal(with("label", std::string(257, 'a'))) == "event: \"label\" has 257 bytes, over 256");
  CHECK(refusal(with("label", "\xFF")) == "event: \"label\" is not UTF-8");
  CHECK(refusal(with("text", std::string(65537, 'a'))) == "event: \"text\" has 65537 bytes, over 65536");
  CHECK(refusal(with("score", 1.5)) == "event: \"score\" is 1.5, not within [-1e-06, 1.000001]");
  CHECK(refusal(with("score", nullptr)) == "event: \"score\" is a JSON null, not a number");
  CHECK(refusal(with("track", -1)).find("\"track\" is -1") != std::string::npos);
  CHECK(refusal(with("surprise", 1)) == "event: has 1 members that do not belong there");
  CHECK(refusal(with("end_frame", 12)) == "event: has 1 members that do not belong there");
  CHECK(refusal(ordered_json{{"analyzer", "a"}, {"kind", "b"}}) == "event: \"start_frame\" is missing");

  ordered_json many = moment();
  for (int i = 0; i < 100; ++i)
    many[std::to_string(i)] = i;
  CHECK(refusal(many) == "event: has 104 members");
}

TEST_CASE("a score that passed its range by a rounding is brought back into it") {
  CHECK(event_from_json(with("score", 1.0000001))->score == 1.0);
  CHECK(event_from_json(with("score", -1e-9))->score == 0.0);
}

TEST_CASE("a span that ends before it starts is refused") {
  const ordered_json span = {{"analyzer", "a"}, {"kind", "b"},    {"start_frame", 5},
                             {"end_frame", 5},  {"start_s", 1.0}, {"end_s", 1.0}};
  CHECK(refusal(span) == "accepted");
  ordered_json frames = span;
  frames["end_frame"] = 4;
  CHECK(refusal(frames) == "event: ends (frame 4, 1 s) before it starts (frame 5, 1 s)");
  ordered_json times = span;
  times["end_s"] = 0.5;
  CHECK(refusal(times) == "event: ends (frame 5, 0.5 s) before it starts (frame 5, 1 s)");
}

TEST_CASE("a box lies within the picture, but for a rounding") {
  const auto boxed = [](double x, double y, double width, double height) {
    return refusal(with("box", {{"x", x}, {"y", y}, {"width", width}, {"height", height}}));
  };
  CHECK(boxed(0, 0, 1, 1) == "accepted");
  CHECK(boxed(0.7, 0.1, 0.3 + 1e-9, 0.1) == "accepted");
  CHECK(boxed(0.7, 0.1, 0.4, 0.1) ==
        "event: \"box\": reaches outside the picture: x 0.7, y 0.1, width 0.4, height 0.1");
  CHECK(boxed(-0.1, 0, 0.5, 0.5).find("\"x\" is -0.1") != std::string::npos);
  CHECK(boxed(0, 0, -0.5, 0.5).find("\"width\" is -0.5") != std::string::npos);
  CHECK(refusal(with("box", {0, 0, 1, 1})) == "event: \"box\": is a JSON array, not an object");
  CHECK(refusal(with("box", {{"x", 0}, {"y", 0}, {"width", 1}})) == "event: \"box\": \"height\" is missing");
}

TEST_CASE("attributes are bounded in depth, number and size") {
  CHECK(refusal(with("attributes", nested(8))) == "accepted");
  CHECK(refusal(with("attributes", nested(9))) == "event: attributes are nested deeper than 8");
  CHECK(refusal(with("attributes", nested(2000))) == "event: attributes are nested deeper than 8");
  CHECK(refusal(with("attributes", {{"a", std::vector<int>(4095)}})) == "accepted");
  CHECK(refusal(with("attributes", {{"a", std::vector<int>(4096)}})) == "event: over 4096 attribute values");
  const std::vector<std::vector<int>> grid(65, std::vector<int>(63));
  CHECK(refusal(with("attributes", {{"a", grid}})) == "event: over 4096 attribute values");
  CHECK(refusal(with("attributes", {{"a", nullptr}})) == "event: an attribute value is JSON null");
  CHECK(refusal(with("attributes", {{"a", ordered_json::binary({1, 2})}})) ==
        "event: an attribute value is JSON binary");
  CHECK(refusal(with("attributes", {{"a", std::nan("")}})) == "event: attribute value nan is not finite");
  CHECK(refusal(with("attributes", {{"a", UINT64_MAX}})).find("over 2^63 - 1") != std::string::npos);
  CHECK(refusal(with("attributes", {{"", 1}})).find("attribute name \"\" is empty") != std::string::npos);
  CHECK(refusal(with("attributes", {{"a", "\x80"}})).find("not UTF-8") != std::string::npos);
  CHECK(refusal(with("attributes", ordered_json::array())) == "event: \"attributes\" is a JSON array, not an object");
}

TEST_CASE("no mutation of an event crashes the reader, and what it accepts it writes back equal") {
  const std::vector<std::uint8_t> good = ordered_json::to_cbor(to_json(everything()));
  std::mt19937 random(2);
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto bytes = good;
    for (int flips = 1 + static_cast<int>(random() % 3); flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    ordered_json json;
    try {
      json = ordered_json::from_cbor(bytes);
    } catch (const ordered_json::exception&) {
      continue;
    }
    if (const auto read = event_from_json(json)) {
      ++accepted;
      REQUIRE(event_from_json(to_json(*read)) == read);
    }
  }
  CHECK(accepted > 100);
}
