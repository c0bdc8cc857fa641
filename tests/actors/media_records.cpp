#include "actors/media_records.hpp"

#include "actors/cbor.hpp"
#include "media/record_channel.hpp"
#include "tests/catch.hpp"

#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

using namespace timeloom;
using nlohmann::ordered_json;

namespace {

media_order some_order() {
  media_order order;
  order.job = 7;
  order.name = "holiday/beach.mp4";
  order.analyzers = {"cut_analysis", "scene_segmentation"};
  order.consumers = {{"text_overlay", 1.5, {1280, sample_format::bgr24}}};
  order.frames = {{3, media_time{-120'000'001}}, {9'000'000'000, media_time{360'000'000'000'003}}};
  order.options.text_overlay.languages = {"eng", "deu"};
  order.options.color_analysis.colors = 3;
  order.options.audio_levels = {-45.5, 0.5};
  order.source = {2, decoder_rule::measured, {{{"hevc", size_class::p2160}, {0.004, 0.002, 7}}}, 12.5, 1'000'000};
  order.ring = {4096, 4};
  return order;
}

media_finds some_finds() {
  media_finds finds{7, {}, {}};
  event cut{"cut_analysis", "cut", {30, media_time{1'000'000'000}}};
  cut.score = 0.5;
  finds.events = {cut};
  scene one;
  one.representative = {12, media_time{480'000'000}};
  one.last = {29, media_time{960'000'000}};
  one.end = media_time{1'000'000'000};
  one.thumbnail_jpeg = "\xFF\xD8\xFF more";
  finds.scenes = {one};
  return finds;
}

media_finished some_end() {
  media_finished finished{7, {}, {}, {"libavcodec 59.37.100"}};
  finished.facts.path = "beach.mp4";
  finished.facts.frames = 100;
  finished.facts.width = 640;
  finished.facts.height = 360;
  finished.facts.duration = media_time{4'000'000'000};
  analyzer_report report;
  report.id = "cut_analysis";
  report.status = analyzer_status::partial;
  report.reason = "2 of 100 frames could not be looked at";
  report.backend = "embedded";
  report.device = "cpu";
  report.rate_hz = 2;
  report.frames = 98;
  report.seconds = 0.25;
  finished.reports = {report};
  return finished;
}

media_frame some_frame() {
  return {7, 3, {120, media_time{4'000'000'000}}, {640, 360}, sample_format::bgr24, {0, 2}};
}

template <class Record>
Record there_and_back(const Record& record) {
  const auto read = decode_report(encode(media_report{record}));
  INFO((read ? "" : read.error().message));
  REQUIRE(read);
  REQUIRE(std::holds_alternative<Record>(*read));
  return std::get<Record>(*read);
}

ordered_json as_json(const std::vector<std::uint8_t>& record) {
  return *from_cbor(record);
}

std::string report_refusal(const ordered_json& json) {
  const auto read = decode_report(to_cbor(json));
  if (read)
    return "accepted";
  CHECK(read.error().code == errc::protocol);
  return read.error().message;
}

std::string order_refusal(const ordered_json& json) {
  const auto read = decode_command(to_cbor(json));
  if (read)
    return "accepted";
  CHECK(read.error().code == errc::protocol);
  return read.error().message;
}

/// Every member that is left out, has a value of another type, or comes with one more is refused.
void check_every_member(const ordered_json& good, const std::function<std::string(const ordered_json&)>& refusal) {
  REQUIRE(refusal(good) == "accepted");
  for (const auto& [name, value] : good.items()) {
    INFO(name);
    auto without = good;
    without.erase(name);
    CHECK(refusal(without) != "accepted");
    for (const ordered_json& wrong :
         {ordered_json(nullptr), ordered_json("\xFF"), ordered_json(ordered_json::binary({1})),
          ordered_json({{"x", 1}}), ordered_json(-1), ordered_json(std::numeric_limits<double>::quiet_NaN()),
          ordered_json(1e300)}) {
      auto changed = good;
      changed[name] = wrong;
      INFO(wrong.type_name());
      CHECK(refusal(changed) != "accepted");
    }
  }
  auto more = good;
  more["surplus"] = 1;
  CHECK(refusal(more) != "accepted");
}

} // namespace

TEST_CASE("every report comes back as it was sent") {
  CHECK(there_and_back(media_hello{media_protocol_version}).version == media_protocol_version);

  const auto progress = there_and_back(media_progress{7, 100, media_time{4'000'000'000}, media_time{10'000'000'000}});
  CHECK(progress.job == 7);
  CHECK(progress.frames == 100);
  CHECK(progress.time == media_time{4'000'000'000});
  CHECK(progress.duration == media_time{10'000'000'000});

  const auto frame = there_and_back(some_frame());
  CHECK(frame.job == 7);
  CHECK(frame.slot == 3);
  CHECK(frame.at == some_frame().at);
  CHECK(frame.size == picture_size{640, 360});
  CHECK(frame.format == sample_format::bgr24);
  CHECK(frame.consumers == std::vector<int>{0, 2});

  const auto finds = there_and_back(some_finds());
  CHECK(finds.events == some_finds().events);
  CHECK(finds.scenes == some_finds().scenes);

  const auto finished = there_and_back(some_end());
  CHECK(finished.facts == some_end().facts);
  CHECK(finished.reports == some_end().reports);
  CHECK_FALSE(finished.decoding);

  auto measured = some_end();
  measured.decoding = decoding_cost{decoder_kind::nvdec, size_class::p720, 1.5};
  CHECK(there_and_back(measured).decoding == measured.decoding);

  const auto failed = there_and_back(media_failed{7, {errc::corrupt_media, "no video in it"}});
  CHECK(failed.reason == error{errc::corrupt_media, "no video in it"});
}

TEST_CASE("every order comes back as it was sent") {
  const auto read = decode_command(encode(some_order()));
  REQUIRE(read);
  const auto& order = std::get<media_order>(*read);
  CHECK(order.job == 7);
  CHECK(order.name == "holiday/beach.mp4");
  CHECK_FALSE(order.is_folder);
  CHECK(order.analyzers == some_order().analyzers);
  REQUIRE(order.consumers.size() == 1);
  CHECK(order.consumers[0].analyzer == "text_overlay");
  CHECK(order.consumers[0].rate_hz == 1.5);
  CHECK(order.consumers[0].shape == some_order().consumers[0].shape);
  CHECK(order.frames.size() == 2);
  for (std::size_t i = 0; i < order.frames.size(); ++i) {
    CHECK(order.frames[i].index == some_order().frames[i].index);
    CHECK(order.frames[i].time == some_order().frames[i].time);
  }
  CHECK(order.options == some_order().options);
  CHECK(order.source.threads == 2);
  CHECK(order.source.image_rate_hz == 12.5);
  CHECK(order.source.max_pixels == 1'000'000);
  CHECK(order.ring == some_order().ring);

  const auto released = decode_command(encode(release_slots{7, {0, 3}}));
  REQUIRE(released);
  CHECK(std::get<release_slots>(*released).slots == std::vector<int>{0, 3});
  const auto cancelled = decode_command(encode(cancel_media{9}));
  REQUIRE(cancelled);
  CHECK(std::get<cancel_media>(*cancelled).job == 9);
}

TEST_CASE("a file name that is no UTF-8 reaches the worker") {
  auto order = some_order();
  order.name = "caf\xE9\n\x1B[31m.mp4";
  const auto read = decode_command(encode(order));
  REQUIRE(read);
  CHECK(std::get<media_order>(*read).name == "caf\xEF\xBF\xBD\n\x1B[31m.mp4");
}

TEST_CASE("a report with any member missing, surplus or of another kind is refused") {
  check_every_member(as_json(encode(media_hello{1})), report_refusal);
  check_every_member(as_json(encode(media_progress{7, 100, media_time{1}, media_time{2}})), [](const auto& json) {
    // A time may be negative.
    for (const char* time : {"time_s", "duration_s"})
      if (json.contains(time) && json[time] == -1)
        return std::string{"of no interest"};
    return report_refusal(json);
  });
  check_every_member(as_json(encode(some_frame())), [](const auto& json) {
    return json.contains("time_s") && json["time_s"] == -1 ? "of no interest" : report_refusal(json);
  });
  check_every_member(as_json(encode(some_finds())), report_refusal);
  check_every_member(as_json(encode(some_end())), report_refusal);
  check_every_member(as_json(encode(media_failed{7, {errc::io, "words"}})),
                     [](const auto& json) { return report_refusal(json); });
}

TEST_CASE("an order with any member missing, surplus or of another kind is refused") {
  check_every_member(as_json(encode(some_order())), order_refusal);
  check_every_member(as_json(encode(release_slots{7, {1}})), order_refusal);
  check_every_member(as_json(encode(cancel_media{7})), order_refusal);
}

TEST_CASE("numbers out of their range are refused by name") {
  const auto frame = as_json(encode(some_frame()));
  const auto with = [](ordered_json json, const char* name, const ordered_json& value) {
    json[name] = value;
    return report_refusal(json);
  };
  CHECK(with(frame, "slot", 4096).find("\"slot\" is 4096") != std::string::npos);
  CHECK(with(frame, "width", 0).find("\"width\"") != std::string::npos);
  CHECK(with(frame, "width", 16385).find("\"width\"") != std::string::npos);
  CHECK(with(frame, "height", std::int64_t{1} << 40).find("\"height\"") != std::string::npos);
  CHECK(with(frame, "height", 1.5).find("\"height\"") != std::string::npos);
  CHECK(with(frame, "index", std::int64_t{1} << 54).find("\"index\"") != std::string::npos);
  CHECK(with(frame, "job", std::numeric_limits<std::uint64_t>::max()).find("\"job\"") != std::string::npos);
  CHECK(with(frame, "time_s", 4e9).find("\"time_s\"") != std::string::npos);
  CHECK(with(frame, "format", "yuv") != "accepted");
  CHECK(with(frame, "consumers", ordered_json::array()) == "report: frame 120 is for nobody");
  CHECK(with(frame, "consumers", {0, -1}) != "accepted");
  CHECK(with(frame, "consumers", {0, 4096}) != "accepted");
  CHECK(with(frame, "consumers", {0, std::numeric_limits<std::uint64_t>::max()}) != "accepted");
  CHECK(with(frame, "consumers", {0.5}) != "accepted");
  CHECK(with(frame, "consumers", std::vector<int>(4097)) != "accepted");
  CHECK(with(frame, "report", "fame") == "report: \"fame\" is no report");
  CHECK(with(frame, "report", "f\x1B[2J") != "accepted");

  const auto finds = as_json(encode(some_finds()));
  CHECK(with(finds, "events", std::vector<int>(4097)) != "accepted");
  CHECK(with(finds, "events", {1}) != "accepted");
  CHECK(with(finds, "scenes", {{{"number", 1}}}) != "accepted");

  auto end = as_json(encode(some_end()));
  for (const auto& [name, value] : end["reports"][0].items()) {
    auto changed = end;
    changed["reports"][0].erase(name);
    CHECK(report_refusal(changed) != "accepted");
  }
  end["reports"][0]["status"] = "fine";
  CHECK(report_refusal(end).find("is no status") != std::string::npos);
}

TEST_CASE("what is no record at all is refused") {
  for (const ordered_json& json : {ordered_json(nullptr), ordered_json(1), ordered_json("hello"),
                                   ordered_json::array({1}), ordered_json::object()}) {
    CHECK(report_refusal(json) != "accepted");
    CHECK(order_refusal(json) != "accepted");
  }
  CHECK_FALSE(decode_report({}));
  CHECK_FALSE(decode_command({}));
  CHECK(order_refusal(as_json(encode(media_hello{1}))) != "accepted"); // a report is no order
  CHECK(report_refusal(as_json(encode(cancel_media{1}))) != "accepted");
}

TEST_CASE("a failure with a very long text still fits a record") {
  const auto record = encode(media_failed{7, {errc::corrupt_media, std::string(1'000'000, '\xFF')}});
  CHECK(record.size() < max_record_bytes);
  CHECK(decode_report(record));
}
