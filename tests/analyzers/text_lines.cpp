#include "analyzers/text_lines.hpp"

#include "tests/analyzers/drawn_text.hpp"
#include "tests/catch.hpp"
#include "timeline/event_json.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

frame_position at(int second) {
  return {second * 25, second * 1s};
}

/// A reading of `words`, each as sure as the others.
line_reading said(const std::string& words, double confidence, int width) {
  std::vector<read_word> read;
  std::istringstream rest{words};
  const int step = width / static_cast<int>(1 + std::count(words.begin(), words.end(), ' '));
  for (std::string word; rest >> word;) {
    const int left = step * static_cast<int>(read.size());
    read.push_back({word, left, left + step, confidence, true});
  }
  return reading_of(std::move(read), width);
}

/// Knows words by how their line pictures look, as if it could read.
struct fake_reader {
  struct known {
    std::string words;
    plane picture;
  };
  std::vector<known> lines;
  double confidence = 0.95;
  int calls = 0;

  void learn(const std::string& words, int height = 20) {
    drawn_text sample{1280, 200, 60};
    sample.write(words, 100, 120, height, 230);
    const auto regions = find_text_regions(sample.view());
    lines.push_back({words, line_picture(sample.view(), regions.at(0))});
  }

  expected<line_reading> operator()(const plane_view& line) {
    ++calls;
    for (const auto& [words, picture] : lines)
      if (likeness(picture.view(), line) > 0.55)
        return said(words, confidence, line.width);
    return line_reading{};
  }
};

struct lines_world {
  fake_reader reader;
  text_lines lines{[this](const plane_view& line) { return reader(line); }, 0.6};

  explicit lines_world(const std::vector<std::string>& words) {
    for (const auto& one : words)
      reader.learn(one);
  }

  std::vector<event> finished() {
    lines.finish();
    return lines.take_events();
  }
};

/// One line on a still ground, and a reader that always reads it right.
struct still_world {
  std::string shown;
  int calls = 0;
  text_lines lines{[this](const plane_view& line) -> expected<line_reading> {
                     ++calls;
                     return said(shown, 0.95, line.width);
                   },
                   0.6};

  void see(int second, const std::string& words) {
    shown = words;
    REQUIRE(lines.see(at(second), drawn_text(640, 360, 60).write(words, 120, 300, 20, 230).view()));
  }

  std::vector<event> finished() {
    lines.finish();
    return lines.take_events();
  }
};

drawn_text over(int second) {
  return drawn_text::over_wall(640, 360, static_cast<float>(300 * second));
}

} // namespace

TEST_CASE("a line with one poor word is read again, however sure the rest of it is") {
  int calls = 0;
  text_lines lines{[&](const plane_view& line) -> expected<line_reading> {
                     ++calls;
                     return reading_of({{"Hello", 20, 80, 0.97, true},
                                        {"ont", 90, 130, calls == 1 ? 0.7 : 0.97, true},
                                        {"thereabouts", 140, line.width, 0.97, true}},
                                       line.width);
                   },
                   0.6};
  drawn_text still{640, 360, 90};
  still.write("Hello out there", 150, 300, 20, 140);
  REQUIRE(lines.see(at(0), still.view()));
  REQUIRE(calls == 1);
  REQUIRE(lines.see(at(1), still.view()));
  CHECK(calls == 2);
  REQUIRE(lines.see(at(2), still.view()));
  CHECK(calls == 2); // the second left nothing to ask
}

TEST_CASE("text that stays over a moving background is one event and is not read in every picture") {
  lines_world world{{"Hello out there"}};
  for (int second = 0; second < 10; ++second)
    REQUIRE(world.lines.see(at(second), over(second).write("Hello out there", 150, 300, 20, 235, 16).view()));
  CHECK(world.reader.calls <= 20); // at first, and where the background looks like more of the line
  const auto events = world.finished();
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == "text");
  CHECK(events[0].text == "Hello out there");
  CHECK(events[0].score == 0.95);
  CHECK(events[0].start == at(0));
  CHECK(events[0].end == at(9));
  CHECK(events[0].attributes == attribute::object{{"pictures", 10}});
  REQUIRE(events[0].area);
  CHECK(events[0].area->x == Approx(150 / 640.0).margin(0.02));
  CHECK(events[0].area->y == Approx(280 / 360.0).margin(0.02));
}

TEST_CASE("other words in the same place are another overlay") {
  lines_world world{{"Good morning", "See you later"}};
  for (int second = 0; second < 4; ++second)
    REQUIRE(world.lines.see(
        at(second),
        drawn_text(640, 360, 60).write(second < 2 ? "Good morning" : "See you later", 150, 300, 20, 230).view()));
  const auto events = world.finished();
  REQUIRE(events.size() == 2);
  CHECK(events[0].text == "Good morning");
  CHECK(events[0].end == at(1));
  CHECK(events[1].text == "See you later");
  CHECK(events[1].start == at(2));
  CHECK(events[1].end == at(3));
}

TEST_CASE("a line of which one word, letter or digit changes is another overlay") {
  const std::vector<std::vector<std::string>> changes{{"You can leave him now", "You can leave her now"},
                                                      {"You can leave now", "You can not leave now"},
                                                      {"HOME 3 to 2 AWAY", "HOME 3 to 3 AWAY"},
                                                      {"Lap 1 of 9", "Lap 2 of 9"}};
  for (const auto& words : changes) {
    INFO(words[0]);
    still_world world;
    for (int second = 0; second < 4; ++second)
      world.see(second, words[second < 2 ? 0 : 1]);
    const auto events = world.finished();
    REQUIRE(events.size() == 2);
    CHECK(events[0].text == words[0]);
    CHECK(events[0].start == at(0));
    CHECK(events[0].end == at(1));
    CHECK(events[1].text == words[1]);
    CHECK(events[1].start == at(2));
    CHECK(events[1].end == at(3));
  }
}

TEST_CASE("a line in doubt that says the same goes on, and is doubted less and less often") {
  still_world world;
  for (int second = 0; second < 30; ++second) {
    world.shown = "Hello out there";
    const auto* drawn = second % 2 == 0 ? "Hello out there" : "Hello xut there";
    REQUIRE(world.lines.see(at(second), drawn_text(640, 360, 60).write(drawn, 150, 300, 20, 230).view()));
  }
  CHECK(world.calls > 2);
  CHECK(world.calls <= 12);
  const auto events = world.finished();
  REQUIRE(events.size() == 1);
  CHECK(events[0].attributes == attribute::object{{"pictures", 30}});
}

TEST_CASE("a counter that runs is told every five seconds, and is not read more often") {
  still_world world;
  for (int second = 0; second < 30; ++second)
    world.see(second, "Recorded " + std::to_string(100 + second));
  CHECK(world.calls <= 24);
  const auto events = world.finished();
  REQUIRE(events.size() == 9);
  CHECK(events[1].text == "Recorded 101");
  CHECK(events[1].attributes == attribute::object{{"pictures", 1}});
  CHECK(events[4].text == "Recorded 109");
  CHECK(events[4].attributes == attribute::object{{"pictures", 5}, {"changing", true}});
}

TEST_CASE("a counter of which the digits are not read surely any more still runs") {
  int second = 0;
  int calls = 0;
  text_lines lines{[&](const plane_view& line) -> expected<line_reading> {
                     ++calls;
                     const int middle = line.width * 2 / 3;
                     return reading_of({{"Recorded", 20, middle, 0.95, true},
                                        {std::to_string(10000 + 1234 * second), middle + 10, line.width,
                                         second < 10 ? 0.95 : 0.7, true}},
                                       line.width);
                   },
                   0.6};
  for (; second < 30; ++second) {
    const auto words = "Recorded " + std::to_string(10000 + 1234 * second);
    REQUIRE(lines.see(at(second), drawn_text(640, 360, 60).write(words, 120, 300, 20, 230).view()));
  }
  CHECK(calls <= 40);
  lines.finish();
  const auto events = lines.take_events();
  REQUIRE_FALSE(events.empty());
  CHECK(events.back().end == at(29));
  CHECK(to_json(events.back()).at("attributes").value("changing", false));
}

TEST_CASE("a line that could not be read is read again when the ground behind it has changed") {
  bool legible = false;
  text_lines lines{[&](const plane_view& line) -> expected<line_reading> {
                     return legible ? said("Hello out there", 0.95, line.width) : said("Hcxlo", 0.3, line.width);
                   },
                   0.6};
  for (int second = 0; second < 12; ++second) {
    legible = second >= 6;
    auto shown = drawn_text(640, 360, 60).write("Hello out there", 150, 300, 20, 230);
    if (!legible)
      for (const int left : {170, 230, 320})
        cv::line(shown.pixels, {left, 305}, {left + 20, 276}, cv::Scalar(230), 2, cv::LINE_AA);
    REQUIRE(lines.see(at(second), shown.view()));
  }
  lines.finish();
  const auto events = lines.take_events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].text == "Hello out there");
  CHECK(events[0].start == at(0));
}

TEST_CASE("of two readings of one place the better is told") {
  text_lines lines{[](const plane_view& line) -> expected<line_reading> {
                     return line.width < 400 ? said("NFWS LIVE", 0.7, line.width)
                                             : said("BREAKING NEWS LIVE", 0.96, line.width);
                   },
                   0.6};
  REQUIRE(lines.see(at(0), drawn_text(640, 360, 60).write("NEWS LIVE", 262, 300, 20, 230).view()));
  for (int second = 1; second < 4; ++second)
    REQUIRE(lines.see(at(second), drawn_text(640, 360, 60).write("BREAKING NEWS LIVE", 100, 300, 20, 230).view()));
  lines.finish();
  const auto events = lines.take_events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].text == "BREAKING NEWS LIVE");
  CHECK(events[0].end == at(3));
}

TEST_CASE("a short answer or a number is told when it is sure and has stayed") {
  const auto told = [](double confidence, int pictures) {
    text_lines lines{
        [&](const plane_view& line) -> expected<line_reading> { return said("Go on.", confidence, line.width); }, 0.6};
    for (int second = 0; second < pictures; ++second)
      REQUIRE(lines.see(at(second), drawn_text(640, 360, 60).write("Go on.", 150, 300, 20, 230).view()));
    lines.finish();
    return lines.take_events().size();
  };
  CHECK(told(0.95, 2) == 1);
  CHECK(told(0.95, 1) == 0);
  CHECK(told(0.85, 2) == 0);
}

TEST_CASE("the same words in two places are two overlays") {
  lines_world world{{"LIVE TODAY"}};
  for (int second = 0; second < 2; ++second)
    REQUIRE(world.lines.see(
        at(second),
        drawn_text(640, 360, 60).write("LIVE TODAY", 20, 40, 20, 230).write("LIVE TODAY", 400, 340, 20, 230).view()));
  CHECK(world.finished().size() == 2);
}

TEST_CASE("an overlay goes on over one picture without it and ends with the second") {
  lines_world world{{"Chapter one"}};
  const drawn_text empty{640, 360, 60};
  const auto shown = drawn_text(640, 360, 60).write("Chapter one", 150, 300, 20, 230);
  REQUIRE(world.lines.see(at(0), shown.view()));
  REQUIRE(world.lines.see(at(1), empty.view()));
  REQUIRE(world.lines.see(at(2), shown.view()));
  REQUIRE(world.lines.see(at(3), empty.view()));
  CHECK(world.lines.take_events().empty());
  REQUIRE(world.lines.see(at(4), empty.view()));
  const auto events = world.lines.take_events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].end == at(2));
  CHECK(world.finished().empty());
}

TEST_CASE("a line that fades begins and ends with the pictures in which it is too faint to be read") {
  constexpr std::array strength{0.0, 0.0, 0.06, 0.12, 1.0, 1.0, 0.12, 0.06, 0.0, 0.0};
  constexpr int ground_moves = 0;
  for (const int ground : {ground_moves, 80, 180}) {
    lines_world world{{"Hello out there"}};
    for (int second = 0; second < 10; ++second) {
      auto shown = ground == ground_moves ? over(second) : drawn_text{640, 360, ground};
      shown.write_faintly(strength.at(static_cast<std::size_t>(second)), "Hello out there", 150, 300, 20,
                          ground > 128 ? 20 : 240);
      REQUIRE(world.lines.see(at(second), shown.view()));
    }
    const auto events = world.finished();
    INFO(ground);
    REQUIRE(events.size() == 1);
    CHECK(events[0].start.index == at(2).index);
    CHECK(events[0].end->index == at(7).index);
  }
}

TEST_CASE("a line that moves is one event with its path and is read once") {
  lines_world world{{"Directed by nobody"}};
  const auto height_at = [](int second) { return 320 - 60 * std::max(0, second - 2); };
  for (int second = 0; second < 5; ++second)
    REQUIRE(world.lines.see(at(second),
                            over(second).write("Directed by nobody", 150, height_at(second), 20, 235, 16).view()));
  CHECK(world.reader.calls <= 12); // in two pictures at most
  const auto events = world.finished();
  REQUIRE(events.size() == 1);
  CHECK(events[0].start == at(0));
  CHECK(events[0].end == at(4));
  const auto path = to_json(events[0]).at("attributes").at("path");
  REQUIRE(path.size() == 4); // it stays for three pictures
  for (std::size_t i = 0; i < path.size(); ++i) {
    const int second = std::array{0, 2, 3, 4}.at(i);
    CHECK(path[i].at(0) == to_seconds(at(second).time));
    const double up = 360 * (path[0].at(2).get<double>() - path[i].at(2).get<double>());
    CHECK(up == Approx(height_at(0) - height_at(second)).margin(4));
  }
}

TEST_CASE("a line that is read again elsewhere stays where it was until then") {
  still_world world;
  const auto at_second = [](int second) { return second < 4 ? std::pair{20, 300} : std::pair{30, 120}; };
  for (int second = 0; second < 6; ++second) {
    world.shown = "Hello out there";
    const auto [height, bottom] = at_second(second);
    REQUIRE(world.lines.see(at(second),
                            drawn_text(640, 360, 60).write("Hello out there", 120, bottom, height, 230).view()));
  }
  const auto events = world.finished();
  REQUIRE(events.size() == 1);
  CHECK(events[0].start == at(0));
  const auto path = to_json(events[0]).at("attributes").at("path");
  REQUIRE(path.size() == 3);
  CHECK(path[1].at(0) == to_seconds(at(3).time));
  CHECK(path[1].at(2) == path[0].at(2));
  CHECK(path[2].at(0) == to_seconds(at(4).time));
}

TEST_CASE("a line that is read again where it is has no path") {
  still_world world;
  for (int second = 0; second < 4; ++second) {
    world.shown = "Hello out there";
    const bool dark = second >= 2;
    REQUIRE(world.lines.see(
        at(second),
        drawn_text(640, 360, dark ? 200 : 60).write("Hello out there", 120, 300, 20, dark ? 20 : 230).view()));
  }
  CHECK(world.calls > 1);
  const auto events = world.finished();
  REQUIRE(events.size() == 1);
  CHECK(events[0].attributes == attribute::object{{"pictures", 4}});
}

TEST_CASE("a poor reading of one line takes no other line that says the same with it") {
  text_lines lines{[](const plane_view& line) -> expected<line_reading> {
                     return line.width < 400 ? said("LIVE TODAY", 0.95, line.width)
                                             : said("LIVE TODAY xy", 0.7, line.width);
                   },
                   0.6};
  const auto twice =
      drawn_text(640, 360, 60).write("LIVE TODAY", 20, 40, 20, 230).write("LIVE TODAY", 20, 340, 20, 230);
  const auto wider = drawn_text(640, 360, 60).write("LIVE TODAY MMMMMMMMMMM", 20, 340, 20, 230);
  REQUIRE(lines.see(at(0), twice.view()));
  REQUIRE(lines.see(at(1), twice.view()));
  for (int second = 2; second < 5; ++second)
    REQUIRE(lines.see(at(second), wider.view()));
  lines.finish();
  const auto events = lines.take_events();
  REQUIRE(events.size() == 2);
  CHECK(events[0].area->y < 0.2);
  CHECK(events[0].end == at(1));
  CHECK(events[1].area->y > 0.8);
  CHECK(events[1].end == at(4));
}

TEST_CASE("where nothing looks like text hardly anything is read") {
  lines_world world{{}};
  for (int second = 0; second < 8; ++second)
    REQUIRE(world.lines.see(at(second), over(second).view()));
  CHECK(world.reader.calls <= 2);
  CHECK(world.finished().empty());
}

TEST_CASE("what is not read surely enough is not told, and is not read for ever") {
  lines_world world{{"Hello out there"}};
  world.reader.confidence = 0.5;
  for (int second = 0; second < 12; ++second)
    REQUIRE(world.lines.see(at(second), drawn_text(640, 360, 60).write("Hello out there", 150, 300, 20, 230).view()));
  CHECK(world.reader.calls < 12);
  CHECK(world.finished().empty());
}

TEST_CASE("readings that are not sure are made up for by later pictures") {
  lines_world world{{"Hello out there"}};
  for (int second = 0; second < 3; ++second) {
    world.reader.confidence = second == 1 ? 0.93 : 0.7;
    REQUIRE(world.lines.see(at(second), drawn_text(640, 360, 60).write("Hello out there", 150, 300, 20, 230).view()));
  }
  const auto events = world.finished();
  REQUIRE(events.size() == 1);
  CHECK(events[0].score == 0.93);
}

TEST_CASE("a sure reading counts more than any number of poor ones") {
  int calls = 0;
  text_lines lines{[&](const plane_view& line) -> expected<line_reading> {
                     return ++calls < 4 ? said("Mallow cat here", 0.85, line.width)
                                        : said("Hello out there", 0.95, line.width);
                   },
                   0.6};
  for (int second = 0; second < 4; ++second)
    REQUIRE(lines.see(at(second), drawn_text(640, 360, 60).write("Hello out there", 150, 300, 20, 120).view()));
  lines.finish();
  const auto events = lines.take_events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].text == "Hello out there");
}

TEST_CASE("a picture of another size ends the lines of those before") {
  lines_world world{{"Hello out there"}};
  REQUIRE(world.lines.see(at(0), drawn_text(640, 360, 60).write("Hello out there", 150, 300, 20, 230).view()));
  REQUIRE(world.lines.see(at(1), drawn_text(320, 180, 60).view()));
  CHECK(world.lines.take_events().size() == 1);
}

TEST_CASE("a long line that is text beyond doubt needs less confidence than one that may be none") {
  for (const int gray : {235, 76}) {
    text_lines lines{[](const plane_view&) -> expected<line_reading> {
                       return line_reading{"Hello out there", 0.68, 1};
                     },
                     0.6};
    REQUIRE(lines.see(at(0), drawn_text(640, 360, 40).write("Hello out there", 150, 300, 20, gray).view()));
    lines.finish();
    CHECK(lines.take_events().size() == (gray == 235 ? 1 : 0));
  }
}

TEST_CASE("a line that could not be read hides no part of it") {
  lines_world world{{"Hello out there"}};
  for (int second = 0; second < 3; ++second) {
    auto shown = drawn_text(640, 360, 60).write("Hello out there", 260, 300, 20, 230);
    if (second == 0)
      shown.write("Xkq wvzzm Qq", 20, 300, 20, 230);
    REQUIRE(world.lines.see(at(second), shown.view()));
  }
  const auto events = world.finished();
  REQUIRE(events.size() == 1);
  CHECK(events[0].text == "Hello out there");
  CHECK(events[0].start == at(0)); // where it was a part of what could not be read
}

TEST_CASE("an error of the reader is told, and the next picture is seen") {
  bool broken = true;
  text_lines lines{[&](const plane_view&) -> expected<line_reading> {
                     if (broken)
                       return fail(errc::internal, "it broke");
                     return line_reading{"Hello out there", 0.95, 1};
                   },
                   0.6};
  const auto shown = drawn_text(640, 360, 60).write("Hello out there", 150, 300, 20, 230);
  CHECK_FALSE(lines.see(at(0), shown.view()));
  broken = false;
  CHECK(lines.see(at(1), shown.view()));
  lines.finish();
  const auto events = lines.take_events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].start == at(0)); // which shows it, too
}
