#include "actors/job_record.hpp"

#include "tests/catch.hpp"

using namespace timeloom;

namespace {

using ids = std::vector<std::string>;

event found_by(const std::string& analyzer, std::int64_t index) {
  return {analyzer, "thing", {index, media_time{index * 40'000'000}}};
}

scene scene_number(std::int64_t number) {
  scene one;
  one.number = number;
  return one;
}

analyzer_report done(const std::string& id) {
  analyzer_report report;
  report.id = id;
  return report;
}

analyzer_report with(const std::string& id, analyzer_status status, const std::string& reason) {
  auto report = done(id);
  report.status = status;
  report.reason = reason;
  return report;
}

} // namespace

TEST_CASE("the first attempt runs every analyzer, the next only those without a report") {
  job_record record{{"cut_analysis", "color_analysis", "text_overlay"}};
  REQUIRE(record.begin_attempt());
  CHECK(record.attempt() == 1);
  CHECK(record.open_analyzers() == ids{"cut_analysis", "color_analysis", "text_overlay"});
  record.report(done("color_analysis"));
  REQUIRE(record.begin_attempt());
  CHECK(record.attempt() == 2);
  CHECK(record.open_analyzers() == ids{"cut_analysis", "text_overlay"});
  CHECK_FALSE(record.begin_attempt());
  CHECK(record.attempt() == 2);
}

TEST_CASE("nothing is tried again when every analyzer has a report, whatever it says") {
  job_record record{{"cut_analysis", "text_overlay"}};
  REQUIRE(record.begin_attempt());
  record.report(done("cut_analysis"));
  record.report(with("text_overlay", analyzer_status::failed, "it broke"));
  CHECK_FALSE(record.begin_attempt());
  CHECK(record.attempt() == 1);
}

TEST_CASE("what an unfinished analyzer found is forgotten with its attempt, what a finished one found is kept") {
  job_record record{{"cut_analysis", "scene_segmentation", "text_overlay"}};
  REQUIRE(record.begin_attempt());
  record.add({found_by("cut_analysis", 1), found_by("text_overlay", 2)});
  record.add(std::vector<scene>{scene_number(1)});
  record.report(done("text_overlay"));
  record.lose({"cut_analysis", "scene_segmentation"}, "the media worker died");
  REQUIRE(record.begin_attempt());
  record.add({found_by("cut_analysis", 3)});
  record.add(std::vector<scene>{scene_number(2), scene_number(1)});
  record.report(done("cut_analysis"));
  record.report(done("scene_segmentation"));
  const auto made = std::move(record).finish();
  REQUIRE(made);
  REQUIRE(made->events.size() == 2);
  CHECK(made->events[0].analyzer == "text_overlay");
  CHECK(made->events[1].start.index == 3);
  REQUIRE(made->scenes.size() == 2);
  CHECK(made->scenes[0].number == 1);
  CHECK(made->analyzers[0].attempt == 2);
  CHECK(made->analyzers[2].attempt == 1);
}

TEST_CASE("an analyzer lost on every attempt is failed with the last reason, and leaves no finds") {
  job_record record{{"cut_analysis", "scene_segmentation", "text_overlay"}};
  REQUIRE(record.begin_attempt());
  record.report(done("cut_analysis"));
  record.lose({"text_overlay", "scene_segmentation"}, "first reason");
  REQUIRE(record.begin_attempt());
  record.add({found_by("text_overlay", 2)});
  record.add(std::vector<scene>{scene_number(1)});
  record.lose({"text_overlay", "scene_segmentation"}, "second reason");
  CHECK_FALSE(record.begin_attempt());
  const auto made = std::move(record).finish();
  REQUIRE(made);
  CHECK(made->events.empty());
  CHECK(made->scenes.empty());
  REQUIRE(made->analyzers.size() == 3);
  CHECK(made->analyzers[0].status == analyzer_status::done);
  CHECK(made->analyzers[2].status == analyzer_status::failed);
  CHECK(made->analyzers[2].reason == "second reason; attempt 2 of 2");
  CHECK(made->analyzers[2].attempt == 2);
}

TEST_CASE("an attempt that lost a worker over who knows what is free of charge, but not for ever") {
  using blame = job_record::blame;
  job_record record{{"cut_analysis", "text_overlay"}};
  REQUIRE(record.begin_attempt());
  record.report(done("cut_analysis"));
  for (int attempt = 1; attempt <= job_record::max_free_attempts; ++attempt) {
    record.lose({"text_overlay"}, "it died", blame::unknown);
    REQUIRE(record.begin_attempt());
    CHECK(record.attempt() == attempt + 1);
  }
  record.lose({"text_overlay"}, "it died", blame::unknown);
  REQUIRE(record.begin_attempt());
  record.lose({"text_overlay"}, "it died", blame::unknown);
  CHECK_FALSE(record.begin_attempt());
  const auto made = std::move(record).finish();
  REQUIRE(made);
  CHECK(made->analyzers[1].reason == "it died; attempt 10 of 10");
}

TEST_CASE("an attempt that lost a worker over its own video is charged, whatever else it lost") {
  using blame = job_record::blame;
  for (const bool own_first : {false, true}) {
    job_record record{{"text_overlay", "eye_tracking"}};
    for (int attempt = 1; attempt <= job_record::max_attempts; ++attempt) {
      REQUIRE(record.begin_attempt());
      record.lose({"text_overlay"}, "it died", own_first ? blame::own : blame::unknown);
      record.lose({"eye_tracking"}, "it died", own_first ? blame::unknown : blame::own);
    }
    CHECK_FALSE(record.begin_attempt());
  }
}

TEST_CASE("errors in decoding make what is done partial, and say so") {
  job_record record{{"cut_analysis", "text_overlay"}};
  REQUIRE(record.begin_attempt());
  media_facts facts;
  facts.decode_errors = 2;
  facts.decode_notes = {"frame 7: invalid data", "frame 9: invalid data"};
  record.set_facts(facts, {"libavcodec 59.37.100"});
  record.report(done("cut_analysis"));
  record.report(with("text_overlay", analyzer_status::skipped, "no language"));
  const auto made = std::move(record).finish();
  REQUIRE(made);
  CHECK(made->analyzers[0].status == analyzer_status::partial);
  CHECK(made->analyzers[0].reason == "2 errors in decoding, the first frame 7: invalid data");
  CHECK(made->analyzers[1].status == analyzer_status::skipped);
  CHECK(made->analyzers[1].reason == "no language");
}

TEST_CASE("errors in decoding say nothing of what an earlier analysis gave") {
  job_record record{{"cut_analysis", "text_overlay"}};
  REQUIRE(record.begin_attempt());
  timeline known;
  known.analyzers = {done("cut_analysis")};
  record.keep(known);
  CHECK(record.open_analyzers() == ids{"text_overlay"});
  media_facts facts;
  facts.decode_errors = 1;
  facts.decode_notes = {"frame 7: invalid data"};
  record.set_facts(facts, {});
  record.report(done("text_overlay"));
  const auto made = std::move(record).finish();
  REQUIRE(made);
  CHECK(made->analyzers[0] == known.analyzers[0]);
  CHECK(made->analyzers[1].status == analyzer_status::partial);
}

TEST_CASE("without any result there is no timeline but the reason") {
  job_record record{{"cut_analysis", "text_overlay"}};
  REQUIRE(record.begin_attempt());
  record.lose({"cut_analysis", "text_overlay"}, "the media worker was killed by signal 9 (Killed)");
  REQUIRE(record.begin_attempt());
  record.lose({"cut_analysis", "text_overlay"}, "the media worker was killed by signal 9 (Killed)");
  CHECK_FALSE(record.begin_attempt());
  const auto made = std::move(record).finish();
  REQUIRE_FALSE(made);
  CHECK(made.error().code == errc::worker_lost);
  CHECK(made.error().message ==
        "no analyzer gave a result: the media worker was killed by signal 9 (Killed); attempt 2 of 2");
}

TEST_CASE("that an analyzer was skipped is a result: the timeline says so") {
  job_record record{{"text_overlay"}};
  REQUIRE(record.begin_attempt());
  record.report(with("text_overlay", analyzer_status::skipped, "no language"));
  const auto made = std::move(record).finish();
  REQUIRE(made);
  REQUIRE(made->analyzers.size() == 1);
  CHECK(made->analyzers[0].status == analyzer_status::skipped);
  CHECK(made->analyzers[0].reason == "no language");
}

TEST_CASE("analyzers that need scenes run in a second stage, once the scenes are found") {
  job_record record{{"cut_analysis", "scene_segmentation", "scene_caption"}};
  REQUIRE(record.begin_attempt());
  CHECK(record.open_analyzers() == ids{"cut_analysis", "scene_segmentation"});
  record.add(std::vector<scene>{scene_number(2), scene_number(1)});
  media_facts facts;
  facts.frames = 100;
  record.set_facts(facts, {});
  record.report(done("cut_analysis"));
  record.report(done("scene_segmentation"));
  REQUIRE(record.begin_scenes());
  CHECK(record.attempt() == 1);
  CHECK(record.open_analyzers() == ids{"scene_caption"});
  CHECK(record.scenes().front().number == 1);
  record.set_facts({}, {}); // of a reading of some frames
  record.add({found_by("scene_caption", 3)});
  record.report(done("scene_caption"));
  CHECK_FALSE(record.begin_scenes());
  CHECK_FALSE(record.begin_attempt());
  const auto made = std::move(record).finish();
  REQUIRE(made);
  CHECK(made->media.frames == 100);
  CHECK(made->events.size() == 1);
}

TEST_CASE("an attempt of which only the second stage was lost begins with that") {
  job_record record{{"scene_segmentation", "scene_caption"}};
  REQUIRE(record.begin_attempt());
  record.add(std::vector<scene>{scene_number(1)});
  record.report(done("scene_segmentation"));
  REQUIRE(record.begin_scenes());
  record.add({found_by("scene_caption", 3)});
  record.lose({"scene_caption"}, "the worker died");
  CHECK_FALSE(record.begin_scenes());
  REQUIRE(record.begin_attempt());
  CHECK(record.is_at_scenes());
  CHECK(record.open_analyzers() == ids{"scene_caption"});
  CHECK(record.scenes().size() == 1);
  record.report(done("scene_caption"));
  const auto made = std::move(record).finish();
  REQUIRE(made);
  CHECK(made->events.empty()); // what the first attempt had found was forgotten
  CHECK(made->analyzers[1].attempt == 2);
}

TEST_CASE("without scenes nobody is run who needs them, and the timeline says why") {
  job_record record{{"cut_analysis", "scene_segmentation", "scene_caption"}};
  for (int attempt = 0; attempt < 2; ++attempt) {
    REQUIRE(record.begin_attempt());
    record.report(done("cut_analysis"));
    record.lose({"scene_segmentation"}, "the media worker died");
    CHECK_FALSE(record.begin_scenes());
  }
  CHECK_FALSE(record.begin_attempt());
  const auto made = std::move(record).finish();
  REQUIRE(made);
  CHECK(made->analyzers[2].status == analyzer_status::failed);
  CHECK(made->analyzers[2].reason == "it was not run: no scenes were found");
}

TEST_CASE("known scenes are not looked for") {
  job_record record{{"scene_caption"}, {scene_number(1)}};
  REQUIRE(record.begin_attempt());
  CHECK(record.is_at_scenes());
  CHECK(record.open_analyzers() == ids{"scene_caption"});
  media_facts facts;
  facts.frames = 1;
  record.set_facts(facts, {});
  record.report(done("scene_caption"));
  CHECK_FALSE(record.begin_attempt());
  const auto made = std::move(record).finish();
  CHECK(made->media.frames == 1);
}
