#include "timeline/timeline_json.hpp"

#include "timeline/json_text.hpp"

#include "tests/catch.hpp"

#include <nlohmann/json.hpp>

using namespace timeloom;
using nlohmann::ordered_json;

namespace {

scene some_scene() {
  scene s;
  s.number = 2;
  s.first = {30, media_time{1'001'000'000}};
  s.representative = {45, media_time{1'501'500'000}};
  s.last = {59, media_time{1'968'633'333}};
  s.end = media_time{2'002'000'000};
  s.shots = 3;
  s.thumbnail_jpeg = std::string("\xFF\xD8\xFF\x00 and so on", 14);
  return s;
}

media_facts some_media() {
  media_facts m;
  m.path = "holiday/beach.mp4";
  m.bytes = 123456789;
  m.sha256 = std::string(64, 'a');
  m.container = "mov,mp4,m4a,3gp,3g2,mj2";
  m.codec = "h264";
  m.pixel_format = "yuv420p";
  m.width = 1080;
  m.height = 1920;
  m.rotation = 90;
  m.sample_aspect = 1.5;
  m.rate_hz = 30000.0 / 1001.0;
  m.start = media_time{-21'000'000};
  m.duration = media_time{10'010'000'000};
  m.frames = 300;
  m.decode_errors = 1;
  m.decode_notes = {"frame 7: invalid data"};
  m.has_audio = true;
  return m;
}

std::string media_refusal(const char* name, ordered_json value) {
  ordered_json json = to_json(some_media());
  json[name] = std::move(value);
  const auto read = media_from_json(json);
  return read ? "accepted" : read.error().message;
}

std::string scene_refusal(const char* name, ordered_json value) {
  ordered_json json = to_wire(some_scene());
  json[name] = std::move(value);
  const auto read = scene_from_json(json);
  return read ? "accepted" : read.error().message;
}

} // namespace

TEST_CASE("a scene crosses the wire with its thumbnail and is printed without") {
  const scene s = some_scene();
  CHECK(scene_from_json(ordered_json::from_cbor(ordered_json::to_cbor(to_wire(s)))) == s);
  CHECK(json_text(to_json(s), 0) ==
        R"({"number": 2, "first_frame": 30, "start_s": 1.001, "representative_frame": 45, "representative_s": 1.5015, )"
        R"("last_frame": 59, "last_s": 1.968633333, "end_s": 2.002, "shots": 3})");
}

TEST_CASE("a scene that does not fit is refused") {
  CHECK(scene_refusal("number", 0).find("\"number\" is 0") != std::string::npos);
  CHECK(scene_refusal("representative_frame", 60) == "scene: its frames 30, 60, 59 are not in order");
  CHECK(scene_refusal("end_s", 1.0) == "scene: its times 1.001 s, 1.5015 s, 1.968633333 s, 1 s are not in order");
  CHECK(scene_refusal("thumbnail_jpeg", "text") == "scene: \"thumbnail_jpeg\" is a JSON string, not binary");
  CHECK(scene_refusal("thumbnail_jpeg", ordered_json::binary({'G', 'I', 'F'})) ==
        "scene: \"thumbnail_jpeg\" is no JPEG");
  CHECK(scene_refusal("thumbnail_jpeg", ordered_json::binary(std::vector<std::uint8_t>(300'000))) ==
        "scene: \"thumbnail_jpeg\" has 300000 bytes, over 262144");
}

TEST_CASE("media facts come back equal") {
  CHECK(media_from_json(to_json(some_media())) == some_media());
  media_facts unknown;
  unknown.path = "/";
  CHECK(media_from_json(to_json(unknown)) == unknown);
  CHECK(to_json(unknown)["sha256"].is_null());
  CHECK(to_json(unknown)["rate_hz"].is_null());
}

TEST_CASE("a file name that is not UTF-8 is repaired") {
  media_facts media = some_media();
  media.path = "dir/\xE9t\xE9.mp4";
  const ordered_json json = to_json(media);
  CHECK(json["name"] == "\xEF\xBF\xBDt\xEF\xBF\xBD.mp4");
  CHECK(json["path"] == "dir/\xEF\xBF\xBDt\xEF\xBF\xBD.mp4");
}

TEST_CASE("media facts that do not fit are refused") {
  CHECK(media_refusal("sha256", "abc") == "media: \"sha256\" is neither null nor 64 hexadecimal digits");
  CHECK(media_refusal("rotation", 45) == "media: \"rotation\" is 45, not 0, 90, 180 or 270");
  CHECK(media_refusal("width", 1 << 20).find("\"width\" is 1048576") != std::string::npos);
  CHECK(media_refusal("sample_aspect", 0).find("\"sample_aspect\" is 0") != std::string::npos);
  CHECK(media_refusal("duration_s", -1) == "media: \"duration_s\" is -1, below 0");
  CHECK(media_refusal("decode_notes", {1}).find("a decode note is not") != std::string::npos);
  CHECK(media_refusal("decode_notes", std::vector<std::string>(65)).find("at most 64") != std::string::npos);
  CHECK(media_refusal("has_audio", 1) == "media: \"has_audio\" is a JSON number, not true or false");
  CHECK(media_refusal("extra", 1) == "media: has 1 members that do not belong there");
}
