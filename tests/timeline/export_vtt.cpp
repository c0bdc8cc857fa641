#include "timeline/export_vtt.hpp"

#include "tests/catch.hpp"
#include "tests/timeline/sample.hpp"

#include <cstdio>
#include <sstream>

using namespace timeloom;

namespace {

/// Blocks between blank lines.
std::vector<std::string> blocks(const std::string& text) {
  std::vector<std::string> all;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t to = std::min(text.find("\n\n", from), text.size());
    all.push_back(text.substr(from, to - from));
    from = to + 2;
  }
  return all;
}

double seconds(int h, int m, int s, int ms) {
  return h * 3600 + m * 60 + s + ms / 1000.0;
}

} // namespace

TEST_CASE("scenes, moments and spans become cues in order of time") {
  timeline t;
  t.media.path = "dir/a & b.mp4";
  t.media.duration = media_time{5'000'000'000};
  t.media.rate_hz = 25;
  t.made.program = "timeloom 0.1.0";
  t.made.created = "2026-11-20T12:00:00Z";
  t.analyzers.resize(1);
  t.analyzers[0].id = "cut_analysis";
  scene s;
  s.end = media_time{4'000'000'000};
  s.shots = 2;
  t.scenes = {s};
  event cut;
  cut.analyzer = "cut_analysis";
  cut.kind = "cut";
  cut.start = {100, media_time{4'000'000'000}};
  event fade = cut;
  fade.kind = "fade_in";
  fade.start = {50, media_time{2'000'000'000}};
  fade.end = frame_position{74, media_time{2'960'000'000}};
  event person = cut;
  person.kind = "object";
  person.area = box{0, 0, 1, 1};
  event sign = person;
  sign.analyzer = "text_overlay";
  sign.kind = "text";
  sign.text = "1 < 2 -->\n\nPIER";
  t.events = {fade, cut, person, sign};
  CHECK(export_vtt(t) == "WEBVTT\n\n"
                         "NOTE\nfile: a &amp; b.mp4\nduration: 00:00:05.000\ncut_analysis: done\n"
                         "made by: timeloom 0.1.0, 2026-11-20T12:00:00Z\n\n"
                         "1\n00:00:00.000 --> 00:00:04.000\n<c.scene>Scene 1 (2 shots)</c>\n\n"
                         "2\n00:00:02.000 --> 00:00:03.000\n<c.cut_analysis>Fade in</c>\n\n"
                         "3\n00:00:04.000 --> 00:00:05.000\n<c.cut_analysis>Cut</c>\n\n"
                         "4\n00:00:04.000 --> 00:00:05.000\n<c.text_overlay>Text: 1 &lt; 2 --&gt;\nPIER</c>\n");
}

TEST_CASE("whatever the text, a cue is one block whose times are in order") {
  for (const timeline& t : {sample_timeline(), hostile_timeline(), long_timeline(2'000)}) {
    const auto all = blocks(export_vtt(t));
    REQUIRE(all.size() > 12);
    CHECK(all[0] == "WEBVTT");
    CHECK(all[1].starts_with("NOTE\n"));
    CHECK(all[1].find("-->") == std::string::npos);
    double latest = 0;
    for (std::size_t i = 2; i < all.size(); ++i) {
      int number = 0, h = 0, m = 0, s = 0, ms = 0, h2 = 0, m2 = 0, s2 = 0, ms2 = 0;
      REQUIRE(std::sscanf(all[i].c_str(), "%d\n%d:%2d:%2d.%3d --> %d:%2d:%2d.%3d\n", &number, &h, &m, &s, &ms, &h2, &m2,
                          &s2, &ms2) == 9);
      REQUIRE(number == static_cast<int>(i) - 1);
      REQUIRE(seconds(h, m, s, ms) >= latest);
      REQUIRE(seconds(h2, m2, s2, ms2) > seconds(h, m, s, ms));
      latest = seconds(h, m, s, ms);
      const std::string text = all[i].substr(all[i].find('\n', all[i].find('\n') + 1) + 1);
      REQUIRE(text.starts_with("<c."));
      REQUIRE(text.find("</c>") != std::string::npos);
      REQUIRE(text.find("-->") == std::string::npos);
      REQUIRE(std::count(text.begin(), text.end(), '<') == 2);
    }
  }
}

TEST_CASE("a timeline with nothing in it is still a WebVTT file") {
  CHECK(export_vtt({}).starts_with("WEBVTT\n\nNOTE\n"));
}
