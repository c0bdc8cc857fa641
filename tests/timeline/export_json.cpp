#include "timeline/export_json.hpp"

#include "timeline/event_json.hpp"
#include "timeline/timeline_json.hpp"

#include "tests/catch.hpp"
#include "tests/timeline/sample.hpp"
#include "tests/timeline/schema.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

using namespace timeloom;
using nlohmann::json;
using nlohmann::ordered_json;

namespace {

std::vector<json> parsed(const std::vector<timeline>& timelines) {
  std::vector<json> documents;
  for (const timeline& t : timelines)
    documents.push_back(json::parse(export_json(t)));
  return documents;
}

} // namespace

TEST_CASE("what is exported fits the published schema") {
  for (const auto& complaint :
       schema_complaints(parsed({sample_timeline(), long_timeline(4'000), hostile_timeline(), {}})))
    CHECK(complaint == "");
}

TEST_CASE("the schema refuses what is no timeline") {
  const json good = json::parse(export_json(sample_timeline()));
  std::vector<json> documents;
  for (const char* member : {"/schema", "/media", "/analyzers", "/scenes", "/events", "/provenance", "/media/sha256",
                             "/events/0/analyzer", "/events/0/end_frame", "/scenes/0/end_s", "/analyzers/0/rate_hz"}) {
    const json::json_pointer place(member);
    documents.push_back(good);
    documents.back().at(place.parent_pointer()).erase(place.back());
  }
  const std::pair<const char*, json> changes[] = {{"/schema", "timeloom.timeline/2"}, {"/events/0/frame", 0},
                                                  {"/events/0/start_frame", -1},      {"/events/0/score", 2},
                                                  {"/analyzers/0/status", "fine"},    {"/media/rotation", 45}};
  for (const auto& [place, value] : changes) {
    documents.push_back(good);
    documents.back()[json::json_pointer(place)] = value;
  }
  const auto found = schema_complaints(documents);
  for (std::size_t i = 0; i < documents.size(); ++i) {
    INFO("document " << i);
    CHECK(found[i] != "");
  }
}

TEST_CASE("a document may grow members that today's readers do not know") {
  json document = json::parse(export_json(sample_timeline()));
  document["chapters"] = json::array();
  document["media"]["color_space"] = "bt709";
  document["events"][0]["language"] = "en";
  CHECK(schema_complaints(document) == "");
}

TEST_CASE("a document has its members in the documented order and a line for each event") {
  const timeline t = sample_timeline();
  const std::string text = export_json(t);
  const ordered_json document = ordered_json::parse(text);
  std::vector<std::string> names;
  for (const auto& [name, value] : document.items())
    names.push_back(name);
  CHECK(names == std::vector<std::string>{"schema", "media", "analyzers", "scenes", "events", "provenance"});
  CHECK(text.find("\n    {\"analyzer\": \"color_analysis\"") != std::string::npos);
  // Braces and brackets of the document and its lists, the schema, then a line for each thing.
  const std::size_t lines = 2 + 1 + (2 + document["media"].size()) + (2 + t.analyzers.size()) + (2 + t.scenes.size()) +
                            (2 + t.events.size()) + (2 + document["provenance"].size());
  CHECK(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) == lines);
  CHECK(text.back() == '\n');
}

TEST_CASE("events, scenes and media read back from a document") {
  const timeline t = sample_timeline();
  const ordered_json document = ordered_json::parse(export_json(t));
  REQUIRE(document["events"].size() == t.events.size());
  for (std::size_t i = 0; i < t.events.size(); ++i)
    REQUIRE(event_from_json(document["events"][i]) == t.events[i]);
  for (std::size_t i = 0; i < t.scenes.size(); ++i)
    REQUIRE(scene_from_json(document["scenes"][i]) == t.scenes[i]);
  const auto media = media_from_json(document["media"]);
  REQUIRE(media);
  CHECK(media->duration == t.media.duration);
  CHECK(media->rate_hz == Approx(t.media.rate_hz));
}

TEST_CASE("an analyzer reports how much it found and why it is not done") {
  const ordered_json document = timeline_document(sample_timeline());
  for (const ordered_json& a : document["analyzers"]) {
    const auto events = std::count_if(document["events"].begin(), document["events"].end(),
                                      [&](const ordered_json& e) { return e["analyzer"] == a["id"]; });
    CHECK(a["events"] == (a["id"] == "scene_segmentation" ? document["scenes"].size() : std::size_t(events)));
    CHECK((a["status"] == "done") != a.contains("reason"));
  }
  CHECK(document["analyzers"][0]["rate_hz"].is_null());
  CHECK(document["analyzers"][2]["rate_hz"] == 2);
}

TEST_CASE("numbers are printed without the noise of their arithmetic") {
  timeline t;
  event e;
  e.analyzer = "a";
  e.kind = "k";
  e.start.time = media_time{300'000'001};
  e.score = 0.1 + 0.2;
  e.area = box{static_cast<double>(0.87F), 1.0 / 3, 0, 1};
  e.attributes = {{"loudness", static_cast<double>(-23.1F)}, {"pixels", 123456789.0}, {"n", 12345678}};
  t.events = {e};
  CHECK(export_json(t).find(R"({"analyzer": "a", "kind": "k", "frame": 0, "start_s": 0.300000001, "score": 0.3, )"
                            R"("box": {"x": 0.87, "y": 0.3333333, "width": 0.0, "height": 1.0}, )"
                            R"("attributes": {"loudness": -23.1, "pixels": 123456789.0, "n": 12345678}})") !=
        std::string::npos);
}
