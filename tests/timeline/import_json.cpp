#include "timeline/import_json.hpp"

#include "timeline/export_csv.hpp"
#include "timeline/export_json.hpp"
#include "timeline/export_vtt.hpp"

#include "tests/catch.hpp"
#include "tests/timeline/sample.hpp"

#include <nlohmann/json.hpp>

using namespace timeloom;
using nlohmann::ordered_json;

TEST_CASE("a timeline that was exported and read is exported the same again, in every format") {
  auto some = sample_timeline();
  some.analyzers.at(0).status = analyzer_status::partial;
  some.analyzers.at(0).reason = "frame 7 was dropped";
  some.analyzers.at(1).taken_from = analysis_origin{"timeloom 0.0.9", "2026-11-01T10:00:00Z", "other"};
  for (const timeline& t : {some, long_timeline(2'000), timeline{.media = sample_timeline().media}}) {
    const auto text = export_json(t);
    const auto read = import_json(text);
    INFO((read ? "" : read.error().message));
    REQUIRE(read);
    CHECK((export_json(*read) == text));
    CHECK(read->analyzers == t.analyzers);
    CHECK((export_vtt(*read) == export_vtt(t)));
    CHECK((export_csv(*read) == export_csv(t)));
  }
}

TEST_CASE("what is no timeline of this version is refused with what is wrong") {
  const auto refusal = [](const char* member, const ordered_json& value) {
    auto json = ordered_json::parse(export_json(sample_timeline()));
    json[ordered_json::json_pointer(member)] = value;
    const auto read = import_json(json.dump());
    return read ? "accepted" : read.error().message;
  };
  CHECK(refusal("/schema", "other 1").find("schema") != std::string::npos);
  CHECK(refusal("/analyzers/0/status", "fine") == "analyzer: \"status\" is \"fine\"");
  CHECK(refusal("/events", 1) == "timeline: \"events\" is no list");
  CHECK(refusal("/more", 1) != "accepted");
  CHECK_FALSE(import_json(""));
  CHECK_FALSE(import_json("[]"));
}
