#include "timeline/export_csv.hpp"

#include "tests/catch.hpp"
#include "tests/timeline/sample.hpp"

#include <vector>

using namespace timeloom;

namespace {

/// A reader of RFC 4180, as strict as it is.
std::vector<std::vector<std::string>> rows(const std::string& table) {
  std::vector<std::vector<std::string>> all(1, std::vector<std::string>(1));
  bool inside = false;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const char c = table[i];
    if (inside) {
      if (c != '"')
        all.back().back() += c;
      else if (i + 1 < table.size() && table[i + 1] == '"')
        all.back().back() += table[i++];
      else
        inside = false;
    } else if (c == '"') {
      REQUIRE(all.back().back().empty());
      inside = true;
    } else if (c == ',') {
      all.back().emplace_back();
    } else if (c == '\r') {
      REQUIRE(table.at(++i) == '\n');
      all.emplace_back(1);
    } else {
      REQUIRE(c != '\n');
      all.back().back() += c;
    }
  }
  REQUIRE_FALSE(inside);
  REQUIRE(all.back() == std::vector<std::string>(1)); // what follows the last line end
  all.pop_back();
  return all;
}

event some_event() {
  event e;
  e.analyzer = "text_overlay";
  e.kind = "text";
  e.start = {30, media_time{1'000'000'000}};
  return e;
}

std::string text_cell(const char* text) {
  timeline t;
  t.events = {some_event()};
  t.events[0].text = text;
  return rows(export_csv(t)).at(1).at(12);
}

} // namespace

TEST_CASE("a moment and a span are a row each") {
  timeline t;
  t.events = {some_event(), some_event()};
  t.events[1].end = frame_position{60, media_time{2'000'000'000}};
  t.events[1].label = "sign, \"big\"";
  t.events[1].score = 0.5;
  t.events[1].area = box{0.25, 0.5, 0.125, 1};
  t.events[1].text = "two\nlines";
  t.events[1].track = 4;
  t.events[1].attributes = {{"language", "en"}};
  CHECK(export_csv(t) ==
        "analyzer,kind,start_frame,end_frame,start_s,end_s,label,score,x,y,width,height,text,track,"
        "attributes\r\n"
        "text_overlay,text,30,,1.0,,,,,,,,,,\r\n"
        "text_overlay,text,30,60,1.0,2.0,\"sign, \"\"big\"\"\",0.5,0.25,0.5,0.125,1.0,\"two\nlines\",4,"
        "\"{\"\"language\"\": \"\"en\"\"}\"\r\n");
}

TEST_CASE("text that a spreadsheet would run as a formula is disarmed") {
  for (const char* formula : {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1",
                              "\xEF\xBC\x9D"
                              "1"})
    CHECK(text_cell(formula) == std::string("'") + formula);
  for (const char* harmless : {"a=b", "1-2", "", "'quoted'", " =1"})
    CHECK(text_cell(harmless) == harmless);
}

TEST_CASE("no text breaks the table") {
  const timeline t = hostile_timeline();
  const auto all = rows(export_csv(t));
  REQUIRE(all.size() == t.events.size() + 1);
  for (const auto& row : all)
    REQUIRE(row.size() == 15);
}
