#include "serving/earlier_result.hpp"

#include "serving/publication.hpp"
#include "serving/thumbnails.hpp"
#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <filesystem>
#include <fstream>

using namespace timeloom;
using namespace std::chrono_literals;
using tests::temporary_folder;

namespace {

constexpr wall_time noon{12h};
const std::string content(64, 'a'), other_content(64, 'b');
const std::string picture = "\xff\xd8\xff picture";

/// Cuts, scenes, colours and text, of which the text failed.
timeline some_timeline() {
  timeline made;
  made.media.path = "/in/a.mp4";
  made.media.sha256 = content;
  made.media.frames = 100;
  for (const auto* id : {"cut_analysis", "scene_segmentation", "color_analysis", "text_overlay"})
    made.analyzers.emplace_back().id = id;
  made.analyzers.back().status = analyzer_status::failed;
  made.analyzers.back().reason = "it broke";
  made.scenes.push_back({.number = 1,
                         .first = {0, media_time{0}},
                         .representative = {5, media_time{5}},
                         .last = {9, media_time{9}},
                         .end = media_time{10},
                         .shots = 1,
                         .thumbnail_jpeg = picture});
  made.events = {{"color_analysis", "color", {0, media_time{0}}}, {"cut_analysis", "cut", {5, media_time{5}}}};
  made.made.program = "timeloom 0.1.0";
  made.made.created = "2026-11-01T10:00:00Z";
  made.made.host = "here";
  return made;
}

/// A journal and the files that it tells of.
struct library {
  temporary_folder folder{"/dev/shm"};
  journal jobs = journal::open(folder.at("journal.db")).value();
  daemon_setup setup;

  library() {
    setup.state_dir = folder.at("state");
    setup.formats = {output_format::json, output_format::csv};
    for (const auto& report : some_timeline().analyzers) {
      setup.request.analyzers.push_back(report.id);
      setup.analyzer_keys[report.id] = "as configured";
    }
  }
  job_entry add(const std::string& name) {
    return jobs.add({{.path = "/in/" + name, .version = {100, 1, 1}}}, noon)->front();
  }
  /// A job that ends with this timeline.
  job_entry finish(const std::string& name, const timeline& made) {
    const auto job = add(name);
    const auto result = folder.at(name);
    REQUIRE(jobs.start(job.id, noon));
    const auto sum = stage_result(made, result, setup.formats, job.id);
    REQUIRE(sum);
    REQUIRE(write_thumbnails(made, setup.state_dir, job.id));
    REQUIRE(jobs.publish(job.id,
                         {.content_sha256 = made.media.sha256,
                          .result_key = result_key(setup, job, made.media.sha256),
                          .result = result,
                          .formats = {"json", "csv"},
                          .json_sha256 = *sum,
                          .parts = parts_of(setup, job.path, made)},
                         noon));
    REQUIRE(name_result(result, setup.formats, job.id));
    REQUIRE(jobs.settle(job.id, "", noon));
    return jobs.job(job.id).value();
  }
  std::vector<std::string> known_analyzers(const std::string& of = content) {
    std::vector<std::string> ids;
    if (const auto known = find_known(jobs, setup, add("asks.mp4"), of))
      for (const auto& report : known->analyzers)
        ids.push_back(report.id);
    return ids;
  }
};

using ids = std::vector<std::string>;

} // namespace

TEST_CASE("a key changes with the content, the analyzer and what the analyzer is configured to do") {
  library some;
  const auto key = analyzer_key(some.setup, "cut_analysis", "/in/a.mp4", content);
  CHECK(key.size() == 64);
  CHECK(analyzer_key(some.setup, "cut_analysis", "/in/a.mp4", content) == key);
  CHECK(analyzer_key(some.setup, "cut_analysis", "/in/a.mp4", other_content) != key);
  CHECK(analyzer_key(some.setup, "text_overlay", "/in/a.mp4", content) != key);
  some.setup.analyzer_keys["text_overlay"] = "otherwise";
  CHECK(analyzer_key(some.setup, "cut_analysis", "/in/a.mp4", content) == key);
  some.setup.analyzer_keys["cut_analysis"] = "otherwise";
  CHECK(analyzer_key(some.setup, "cut_analysis", "/in/a.mp4", content) != key);
}

TEST_CASE("captions are of the prompt that a video's name asks for, and the rest is not") {
  library some;
  some.setup.request.options.scene_caption.prompt = "What?";
  some.setup.caption_prompts = {{"*lecture*", "What is on the slide?"}};
  const auto key = [&](const std::string& analyzer, const std::string& path) {
    return analyzer_key(some.setup, analyzer, path, content);
  };
  const auto film = key("scene_caption", "/in/film.mp4"), lecture = key("scene_caption", "/in/Lecture.mp4");
  CHECK(film != lecture);
  CHECK(key("cut_analysis", "/in/film.mp4") == key("cut_analysis", "/in/Lecture.mp4"));
  some.setup.caption_prompts.push_back({"*cat*", "Which cat?"});
  CHECK(key("scene_caption", "/in/film.mp4") == film);
  CHECK(options_of(some.setup, "/in/Lecture.mp4").scene_caption.prompt == "What is on the slide?");
  CHECK(options_of(some.setup, "/in/film.mp4").scene_caption.prompt == "What?");
}

TEST_CASE("a result is the same when all of its analyzers are") {
  library some;
  const auto first = some.finish("a.mp4", some_timeline());
  const auto asks = some.add("b.mp4");
  const auto same = find_same_result(some.jobs, some.setup, asks, content);
  REQUIRE(same);
  CHECK(*same == first);
  CHECK_FALSE(find_same_result(some.jobs, some.setup, asks, other_content));
  auto fewer = asks;
  fewer.analyzers = {"cut_analysis"};
  CHECK_FALSE(find_same_result(some.jobs, some.setup, fewer, content));
  some.setup.analyzer_keys["color_analysis"] = "otherwise";
  CHECK_FALSE(find_same_result(some.jobs, some.setup, asks, content));
}

TEST_CASE("a result without a format that is wanted now is not the same, and everything in it is known") {
  library some;
  auto made = some_timeline();
  made.analyzers.back() = {};
  made.analyzers.back().id = "text_overlay";
  some.finish("a.mp4", made);
  some.setup.formats = {output_format::json};
  CHECK(find_same_result(some.jobs, some.setup, some.add("b.mp4"), content));
  some.setup.formats = {output_format::json, output_format::vtt};
  CHECK_FALSE(find_same_result(some.jobs, some.setup, some.add("b.mp4"), content));
  CHECK(some.known_analyzers().size() == 4);
}

TEST_CASE("what is done under the same keys is taken with its finds, its pictures and where it is from") {
  library some;
  const auto made = some_timeline();
  some.finish("a.mp4", made);
  some.setup.analyzer_keys["color_analysis"] = "otherwise";
  const auto known = find_known(some.jobs, some.setup, some.add("b.mp4"), content);
  REQUIRE(known);
  REQUIRE(known->analyzers.size() == 2); // not the colours, which changed, nor the text, which failed
  for (std::size_t i = 0; i < 2; ++i) {
    auto report = made.analyzers[i];
    report.taken_from = analysis_origin{"timeloom 0.1.0", "2026-11-01T10:00:00Z", "here"};
    CHECK(known->analyzers[i] == report);
  }
  CHECK(known->events == std::vector{made.events[1]});
  CHECK(known->scenes == made.scenes);
  CHECK(known->media.sha256 == content);
  CHECK(known->media.frames == 100);
}

TEST_CASE("scenes go with their analyzer, and a job of a few analyzers takes these only") {
  library some;
  some.finish("a.mp4", some_timeline());
  some.setup.analyzer_keys["scene_segmentation"] = "otherwise";
  CHECK(find_known(some.jobs, some.setup, some.add("b.mp4"), content)->scenes.empty());
  auto few = some.add("c.mp4");
  few.analyzers = {"color_analysis", "text_overlay"};
  const auto known = find_known(some.jobs, some.setup, few, content);
  REQUIRE(known);
  REQUIRE(known->analyzers.size() == 1);
  CHECK(known->analyzers[0].id == "color_analysis");
}

TEST_CASE("a job that got a copy has the pictures too, and keeps them when they are made anew for the first") {
  const temporary_folder folder;
  const auto state = folder.at("state");
  REQUIRE(write_thumbnails(some_timeline(), state, 1));
  REQUIRE(share_thumbnails(state, 1, 2000));
  auto other = some_timeline();
  other.scenes[0].thumbnail_jpeg = "another";
  REQUIRE(write_thumbnails(other, state, 1));
  std::ifstream file{thumbnail_path(state, 2000, 1)};
  CHECK(std::string{std::istreambuf_iterator<char>{file}, {}} == picture);
  CHECK_FALSE(share_thumbnails(state, 77, 3));
}

TEST_CASE("where an analyzer's finds are from is told however often they are taken over") {
  library some;
  auto made = some_timeline();
  const analysis_origin first{"timeloom 0.0.9", "2026-01-01T00:00:00Z", "another"};
  made.analyzers[0].taken_from = first;
  some.finish("a.mp4", made);
  const auto known = find_known(some.jobs, some.setup, some.add("b.mp4"), content);
  REQUIRE(known);
  CHECK(known->analyzers[0].taken_from == first);
  CHECK(known->analyzers[1].taken_from->created == made.made.created);
}

TEST_CASE("of a result that is gone, changed or cut short nothing is taken, and it is not asked again") {
  library some;
  some.finish("a.mp4", some_timeline());
  const auto path = published_path(some.folder.at("a.mp4"), output_format::json);
  REQUIRE(some.known_analyzers() == ids{"cut_analysis", "scene_segmentation", "color_analysis"});
  const auto whole = std::filesystem::file_size(path);
  SECTION("gone") {
    std::filesystem::remove(path);
  }
  SECTION("changed") {
    std::ofstream{path, std::ios::app} << ' ';
  }
  SECTION("cut short") {
    std::filesystem::resize_file(path, whole / 2);
  }
  SECTION("in a folder's place") {
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
  }
  CHECK(some.known_analyzers().empty());
  CHECK_FALSE(find_same_result(some.jobs, some.setup, some.add("b.mp4"), content));
  CHECK_FALSE(some.jobs.has_result_of_size(100).value());
}

TEST_CASE("a whole result is copied only when each of its files is there") {
  library some;
  some.finish("a.mp4", some_timeline());
  std::filesystem::remove(published_path(some.folder.at("a.mp4"), output_format::csv));
  CHECK_FALSE(find_same_result(some.jobs, some.setup, some.add("b.mp4"), content));
}

TEST_CASE("where one result was overwritten by another video's, the next best is taken") {
  library some;
  some.finish("good.mp4", some_timeline());
  some.finish("overwritten.mp4", some_timeline());
  auto another = some_timeline();
  another.media.sha256 = other_content;
  const auto sum = stage_result(another, some.folder.at("overwritten.mp4"), some.setup.formats, 99);
  REQUIRE(sum);
  REQUIRE(name_result(some.folder.at("overwritten.mp4"), some.setup.formats, 99));
  CHECK(some.known_analyzers().size() == 3);
  CHECK(find_same_result(some.jobs, some.setup, some.add("b.mp4"), content)->path == "/in/good.mp4");
}
