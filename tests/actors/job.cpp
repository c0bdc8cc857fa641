#include "actors/job.hpp"

#include "actors/caf_error.hpp"
#include "tests/actors/deterministic.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <map>
#include <set>

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

using ids = std::vector<std::string>;

/// One job between stand-ins for everybody it talks to.
class job_world : public deterministic_actors {
public:
  explicit job_world(ids analyzers, int frame_slots = 4, std::set<std::string> without_model = {},
                     bool tells_finds = false, std::shared_ptr<const timeline> known = nullptr) {
    coordinator_ = spawn([this](coordinator_actor::pointer) -> coordinator_actor::behavior_type {
      return {
          [](submit_atom, const analysis_request&, const listener_actor&) { return std::uint64_t{0}; },
          [](cancel_atom, std::uint64_t) {},
          [this](acquire_atom, std::uint64_t) { ++acquired; },
          [this](release_atom, std::uint64_t) { ++released; },
          [this](link_atom, std::uint64_t, const std::string&) { return link_; },
          [](metrics_atom) { return metrics_report{}; },
      };
    });
    link_ = spawn([this](analysis_link_actor::pointer self) -> analysis_link_actor::behavior_type {
      return {
          [](register_atom, std::int32_t, const analysis_worker_actor&) { return false; },
          [this](session_atom, const session_spec& spec, const shared_fd&) -> caf::result<session_opened> {
            sessions.push_back(spec);
            if (session_error)
              return to_caf(*session_error);
            return session_opened{"stand-in 1.0", "cpu"};
          },
          [this, self](frames_atom, const frame_batch& batch) -> caf::result<batch_result> {
            batches.push_back(batch);
            answers.push_back(self->make_response_promise<batch_result>());
            return answers.back();
          },
          [this](finish_atom, std::uint64_t session) -> caf::result<batch_result> {
            finished.push_back(session);
            if (finish_error)
              return to_caf(*finish_error);
            return batch_result{last_events, {}, 0};
          },
          [this](cancel_atom, std::uint64_t session) { cancelled.push_back(session); },
          [](metrics_atom) { return metric_set{}; },
          // A promise is kept by the actor that made it: this stands for the worker's answer.
          [this](check_atom, std::uint32_t batch) {
            if (answer_error_)
              answers.at(batch).deliver(*answer_error_);
            else
              answers.at(batch).deliver(answer_);
          },
      };
    });
    media_ = spawn([this](media_link_actor::pointer) -> media_link_actor::behavior_type {
      return {
          [this](assign_atom, const media_assignment& work) { orders.push_back(work.order); },
          [this](credit_atom, std::uint64_t, const std::vector<std::int32_t>& slots) {
            credit.insert(credit.end(), slots.begin(), slots.end());
          },
          [this](cancel_atom, std::uint64_t) { ++media_cancelled; },
          [](record_atom, std::uint32_t, const shared_record&) {},
          [](lost_atom, std::uint32_t, const std::string&) {},
          [](lost_atom, std::uint32_t) {},
          [](check_atom) {},
          [](metrics_atom) { return metric_set{}; },
      };
    });
    listener_ = spawn([this](listener_actor::pointer) -> listener_actor::behavior_type {
      return {
          [this](const job_progress& one) { progress.push_back(one); },
          [this](const job_finds& one) { finds.push_back(one); },
          [this](const job_result& one) { results.push_back(one); },
      };
    });
    analysis_request request;
    request.tag = 42;
    request.path = TIMELOOM_SOURCE_DIR "/README.md"; // a regular file; nobody reads it here
    request.analyzers = std::move(analyzers);
    request.without_model = std::move(without_model);
    request.tells_finds = tells_finds;
    request.known = std::move(known);
    job_ = spawn(job, job_options{1, std::move(request), listener_, coordinator_, frame_slots, {}});
  }
  ~job_world() {
    answers.clear();
    end_actors();
  }

  void grant() { send(job_, granted_atom_v, media_); }
  void lose_media(const std::string& reason, bool blameless = false) { send(job_, lost_atom_v, reason, blameless); }
  void cancel() { send(job_, cancel_atom_v); }
  void report(media_report one) { send(job_, std::make_shared<const media_report>(std::move(one))); }
  void frame(int slot, std::int64_t index, const std::vector<int>& consumers = {0}) {
    report(media_frame{1, slot, {index, media_time{index * 1'000'000}}, {8, 8}, sample_format::gray8, consumers});
  }
  void finish_media(const ids& fused) {
    media_finished end{1, {}, {}, {}};
    end.facts.frames = 100;
    for (const auto& id : fused) {
      analyzer_report one;
      one.id = id;
      end.reports.push_back(one);
    }
    report(end);
  }
  void answer(std::uint32_t batch, batch_result result = {}) {
    answer_ = std::move(result);
    answer_error_.reset();
    send(link_, check_atom_v, batch);
  }
  void answer_with(std::uint32_t batch, const error& reason) { answer_with(batch, to_caf(reason)); }
  void answer_with(std::uint32_t batch, const caf::error& reason) {
    answer_error_ = reason;
    send(link_, check_atom_v, batch);
  }
  bool is_over() const { return !results.empty(); }
  const timeline& made() const {
    REQUIRE(results.size() == 1);
    INFO(results[0].reason.message);
    REQUIRE(results[0].made != nullptr);
    return *results[0].made;
  }

  int acquired = 0, released = 0, media_cancelled = 0;
  std::vector<media_order> orders;
  std::vector<std::int32_t> credit;
  std::vector<session_spec> sessions;
  std::vector<frame_batch> batches;
  std::vector<caf::typed_response_promise<batch_result>> answers;
  std::vector<std::uint64_t> finished, cancelled;
  std::vector<event> last_events;
  std::optional<error> session_error, finish_error;
  std::vector<job_progress> progress;
  std::vector<job_finds> finds;
  std::vector<job_result> results;

private:
  coordinator_actor coordinator_;
  analysis_link_actor link_;
  media_link_actor media_;
  listener_actor listener_;
  job_actor job_;
  batch_result answer_;
  std::optional<caf::error> answer_error_;
};

event text_event(std::int64_t index) {
  return {"text_overlay", "text", {index, media_time{index * 1'000'000}}};
}

/// Of an earlier analysis: cuts and scenes, each found once.
std::shared_ptr<const timeline> cuts_and_scenes() {
  timeline known;
  known.media.frames = 100;
  known.media.sha256 = std::string(64, 'c');
  for (const auto* id : {"cut_analysis", "scene_segmentation"}) {
    auto& report = known.analyzers.emplace_back();
    report.id = id;
    report.attempt = 2;
    report.taken_from = analysis_origin{"timeloom 0.1.0", "2026-11-01T10:00:00Z", "here"};
  }
  known.events = {{"cut_analysis", "cut", {30, media_time{1}}}};
  known.scenes = {scene{}};
  known.made.libraries = {"libavcodec 59.37.100"};
  return std::make_shared<const timeline>(std::move(known));
}

const error worker_died{errc::worker_lost, "the analysis worker was killed by signal 9 (Killed)"};

} // namespace

TEST_CASE("a video without trouble is asked for once and done on the first attempt") {
  job_world world{{"cut_analysis", "color_analysis"}};
  CHECK(world.acquired == 1);
  world.grant();
  REQUIRE(world.orders.size() == 1);
  CHECK(world.orders[0].analyzers == ids{"cut_analysis", "color_analysis"});
  CHECK(world.orders[0].consumers.empty());
  CHECK(world.orders[0].ring.slots == 0);
  CHECK_FALSE(world.is_over());
  world.report(media_finds{1, {{"cut_analysis", "cut", {30, media_time{1}}}}, {}});
  world.finish_media({"cut_analysis", "color_analysis"});
  CHECK(world.made().events.size() == 1);
  CHECK(world.made().made.attempts == 1);
  CHECK(world.results[0].tag == 42);
  CHECK(world.released == 1);
  CHECK(world.media_cancelled == 0);
}

TEST_CASE("a lost media worker is tried once more, and then the reason is told") {
  job_world world{{"cut_analysis"}};
  world.grant();
  world.lose_media("the media worker was killed by signal 11 (Segmentation fault)");
  CHECK_FALSE(world.is_over());
  CHECK(world.acquired == 2);
  CHECK(world.released == 1);
  world.grant();
  CHECK(world.orders.size() == 2);
  world.lose_media("the media worker showed no progress for 60 s");
  REQUIRE(world.is_over());
  CHECK(world.results[0].made == nullptr);
  CHECK(world.results[0].reason.code == errc::worker_lost);
  CHECK(world.results[0].reason.message ==
        "no analyzer gave a result: the media worker showed no progress for 60 s; attempt 2 of 2");
  CHECK(world.acquired == 2);
  CHECK(world.released == 2);
}

TEST_CASE("a media worker that is lost with its GPU is not charged to the video") {
  job_world world{{"cut_analysis"}};
  for (int attempt = 1; attempt <= 4; ++attempt) {
    world.grant();
    world.lose_media("the media worker gave up: the GPU that decodes does nothing more", true);
    CHECK_FALSE(world.is_over());
  }
  world.grant();
  world.lose_media("the media worker was killed by signal 11 (Segmentation fault)");
  CHECK_FALSE(world.is_over()); // the first that is charged
  world.grant();
  world.finish_media({"cut_analysis"});
  CHECK(world.made().analyzers[0].status == analyzer_status::done);
  CHECK(world.made().analyzers[0].attempt == 6);
}

TEST_CASE("what a lost attempt found does not show up twice") {
  job_world world{{"cut_analysis", "scene_segmentation"}};
  const media_finds finds{1, {{"cut_analysis", "cut", {30, media_time{1}}}}, {scene{}}};
  world.grant();
  world.report(finds);
  world.lose_media("the media worker ended with status 70");
  world.grant();
  world.report(finds);
  world.finish_media({"cut_analysis", "scene_segmentation"});
  CHECK(world.made().events.size() == 1);
  CHECK(world.made().scenes.size() == 1);
  CHECK(world.made().analyzers[0].attempt == 2);
  CHECK(world.made().made.attempts == 2);
}

TEST_CASE("finds are told as they come to a listener that wants to hear of them") {
  job_world silent{{"cut_analysis"}};
  job_world world{{"cut_analysis", "text_overlay"}, 4, {}, true};
  for (auto* each : {&silent, &world}) {
    each->grant();
    each->report(media_finds{1, {{"cut_analysis", "cut", {30, media_time{1}}}}, {}});
    each->report(media_finds{1, {}, {scene{}}});
  }
  CHECK(silent.finds.empty());
  REQUIRE(world.finds.size() == 1);
  CHECK(world.finds[0].tag == 42);
  CHECK(world.finds[0].events.at(0).kind == "cut");
  world.frame(0, 10);
  world.answer(0, {{text_event(10)}, {}, 0.1});
  REQUIRE(world.finds.size() == 2);
  CHECK(world.finds[1].events == std::vector<event>{text_event(10)});
  CHECK_FALSE(world.is_over());
}

TEST_CASE("an analyzer that runs without a model asks for the pictures that it takes then") {
  job_world with{{"object_detection"}};
  job_world without{{"object_detection"}, 4, {"object_detection"}};
  with.grant();
  without.grant();
  REQUIRE(with.orders.at(0).consumers.size() == 1);
  REQUIRE(without.orders.at(0).consumers.size() == 1);
  CHECK(with.orders[0].consumers[0].shape.format == sample_format::bgr24);
  CHECK(without.orders[0].consumers[0].shape == sample_shape{960, sample_format::gray8});
  CHECK(without.orders[0].consumers[0].rate_hz == object_detection_options{}.rate_hz);
}

TEST_CASE("analyzers with results are not run again on attempt 2") {
  job_world world{{"cut_analysis", "text_overlay"}};
  world.grant();
  REQUIRE(world.orders[0].consumers.size() == 1);
  world.frame(0, 10);
  world.answer_with(0, worker_died);
  CHECK(world.acquired == 1); // the fused analyzers go on
  world.finish_media({"cut_analysis"});
  CHECK(world.acquired == 2);
  world.grant();
  REQUIRE(world.orders.size() == 2);
  CHECK(world.orders[1].analyzers.empty());
  REQUIRE(world.orders[1].consumers.size() == 1);
  REQUIRE(world.sessions.size() == 2);
  CHECK(world.sessions[0].session != world.sessions[1].session);
  CHECK(world.sessions[0].ring != world.sessions[1].ring);
  world.frame(0, 10);
  world.answer(1, {{text_event(10)}, {}, 0.1});
  world.finish_media({});
  const auto& made = world.made();
  CHECK(made.analyzers[0].attempt == 1);
  CHECK(made.analyzers[1].status == analyzer_status::done);
  CHECK(made.analyzers[1].attempt == 2);
  CHECK(made.analyzers[1].backend == "stand-in 1.0");
  CHECK(made.events.size() == 1);
}

TEST_CASE("a consumer that is lost twice leaves the others done") {
  job_world world{{"cut_analysis", "text_overlay"}};
  for (std::uint32_t attempt = 0; attempt < 2; ++attempt) {
    world.grant();
    world.frame(0, 10);
    world.answer_with(attempt, worker_died);
    world.finish_media({"cut_analysis"});
  }
  const auto& made = world.made();
  CHECK(made.analyzers[0].status == analyzer_status::done);
  CHECK(made.analyzers[1].status == analyzer_status::failed);
  CHECK(made.analyzers[1].reason == worker_died.message + "; attempt 2 of 2");
  CHECK(world.acquired == 2);
  CHECK(world.released == 2);
}

TEST_CASE("a worker that is gone over other videos costs no attempt, and is not shared with them any more") {
  job_world world{{"cut_analysis", "text_overlay"}};
  for (std::uint32_t attempt = 0; attempt < 3; ++attempt) {
    world.grant();
    CHECK(world.sessions.at(attempt).alone == (attempt > 0));
    world.frame(0, 10);
    world.answer_with(attempt, blameless_loss(worker_died.message));
    world.finish_media({"cut_analysis"});
    REQUIRE_FALSE(world.is_over());
  }
  world.grant();
  world.frame(0, 10);
  world.answer(3, {{text_event(10)}, {}, 0.1});
  world.finish_media({});
  CHECK(world.made().analyzers[1].status == analyzer_status::done);
  CHECK(world.made().analyzers[1].attempt == 4);
  CHECK(world.made().events.size() == 1);
}

TEST_CASE("an analyzer that cannot run here is skipped and not tried again") {
  job_world world{{"cut_analysis", "text_overlay"}};
  world.session_error = error{errc::not_found, "there is no language \"xyz\""};
  world.grant();
  world.frame(3, 10);
  CHECK(world.credit == std::vector<std::int32_t>{3}); // nobody wants it: free at once
  world.finish_media({"cut_analysis"});
  CHECK(world.made().analyzers[1].status == analyzer_status::skipped);
  CHECK(world.made().analyzers[1].reason == "there is no language \"xyz\"");
  CHECK(world.acquired == 1);
}

TEST_CASE("credit goes back when a picture was looked at, and every slot does in the end") {
  job_world world{{"text_overlay"}, 4};
  world.grant();
  for (int slot = 0; slot < 4; ++slot)
    world.frame(slot, slot);
  CHECK(world.batches.size() == 2); // one is looked at while the next is on its way
  CHECK(world.credit.empty());
  world.answer(0);
  CHECK(world.credit == std::vector<std::int32_t>{0});
  CHECK(world.batches.size() == 3);
  for (std::uint32_t batch = 1; batch < 4; ++batch)
    world.answer(batch);
  CHECK(world.credit == std::vector<std::int32_t>{0, 1, 2, 3});
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(world.batches[i].frames.at(0).index == static_cast<std::int64_t>(i));
  world.frame(2, 4);
  CHECK(world.batches.size() == 5);
}

TEST_CASE("credit goes back for what a lost consumer had and waited for") {
  job_world world{{"text_overlay"}, 3};
  world.grant();
  for (int slot = 0; slot < 3; ++slot)
    world.frame(slot, slot);
  world.answer_with(0, worker_died);
  auto credit = world.credit;
  std::sort(credit.begin(), credit.end());
  CHECK(credit == std::vector<std::int32_t>{0, 1, 2});
  world.frame(0, 3);
  CHECK(world.credit.size() == 4);
}

TEST_CASE("the last events are asked for only after the last picture") {
  job_world world{{"text_overlay"}};
  world.last_events = {text_event(5)};
  world.grant();
  world.frame(0, 5);
  world.finish_media({});
  CHECK(world.finished.empty());
  CHECK_FALSE(world.is_over());
  world.answer(0);
  CHECK(world.finished.size() == 1);
  CHECK(world.made().events.size() == 1);
}

TEST_CASE("pictures that failed make their analyzer partial, and failed when all did") {
  for (const bool all : {false, true}) {
    job_world world{{"text_overlay", "cut_analysis"}};
    world.grant();
    world.frame(0, 0);
    world.frame(1, 1);
    world.answer(0, {{}, {"at 0.000 s: bad picture"}, 0});
    world.answer(1, {{}, all ? ids{"at 0.001 s: bad picture"} : ids{}, 0});
    world.finish_media({"cut_analysis"});
    const auto& report = world.made().analyzers[0];
    CHECK(report.status == (all ? analyzer_status::failed : analyzer_status::partial));
    CHECK(report.reason == std::string{all ? "2" : "1"} + " of 2 frames failed, the first at 0.000 s: bad picture");
  }
}

TEST_CASE("a media worker that is lost takes the sessions of its attempt with it") {
  job_world world{{"text_overlay"}};
  world.grant();
  world.frame(0, 0);
  world.lose_media("the media worker ended with status 70");
  REQUIRE(world.cancelled.size() == 1);
  CHECK(world.cancelled[0] == world.sessions[0].session);
  world.grant();
  world.answer(0, {{text_event(0)}, {}, 0}); // a late answer of the first attempt
  world.frame(0, 0);
  world.answer(1, {{text_event(0)}, {}, 0});
  world.finish_media({});
  CHECK(world.made().events.size() == 1);
  CHECK(world.made().analyzers[0].frames == 1);
}

TEST_CASE("a picture that was looked at leaves no timer behind") {
  job_world world{{"text_overlay"}};
  world.grant();
  const auto before = world.timers();
  world.frame(0, 0);
  world.answer(0, {{}, {}, 0});
  CHECK(world.timers() == before);
}

TEST_CASE("a cancelled job tells so, stops its workers and says nothing more") {
  job_world world{{"cut_analysis", "text_overlay"}};
  world.grant();
  world.frame(0, 0);
  world.cancel();
  REQUIRE(world.results.size() == 1);
  CHECK(world.results[0].reason.code == errc::cancelled);
  CHECK(world.media_cancelled == 1);
  CHECK(world.released == 1);
  CHECK(world.cancelled.size() == 1);
  world.answer(0);
  world.finish_media({"cut_analysis"});
  world.cancel();
  CHECK(world.results.size() == 1);
}

TEST_CASE("a job that waits for a worker can be cancelled") {
  job_world world{{"cut_analysis"}};
  world.cancel();
  REQUIRE(world.results.size() == 1);
  CHECK(world.results[0].reason.code == errc::cancelled);
  CHECK(world.released == 0);
}

TEST_CASE("a file that cannot be analyzed fails the job at once with the worker's reason") {
  job_world world{{"cut_analysis", "text_overlay"}};
  world.grant();
  world.report(media_failed{1, {errc::corrupt_media, "beach.mp4 is no video"}});
  REQUIRE(world.is_over());
  CHECK(world.results[0].reason == error{errc::corrupt_media, "beach.mp4 is no video"});
  CHECK(world.acquired == 1);
  CHECK(world.released == 1);
  CHECK(world.cancelled.size() == 1);
}

TEST_CASE("what is known of a video is not run again, and stands in the result as it was") {
  job_world world{{"cut_analysis", "scene_segmentation", "text_overlay"}, 4, {}, false, cuts_and_scenes()};
  world.grant();
  REQUIRE(world.orders.size() == 1);
  CHECK(world.orders[0].analyzers.empty());
  REQUIRE(world.orders[0].consumers.size() == 1);
  CHECK(world.orders[0].consumers[0].analyzer == "text_overlay");
  world.frame(0, 10);
  world.answer(0, {{text_event(10)}, {}, 0.1});
  world.finish_media({});
  const auto& made = world.made();
  CHECK(made.analyzers.at(0) == cuts_and_scenes()->analyzers[0]);
  CHECK(made.analyzers.at(1) == cuts_and_scenes()->analyzers[1]);
  CHECK_FALSE(made.analyzers.at(2).taken_from);
  CHECK(made.scenes.size() == 1);
  REQUIRE(made.events.size() == 2);
  CHECK(made.events[0].analyzer == "cut_analysis");
}

TEST_CASE("a video of which everything is known is not decoded") {
  job_world world{{"cut_analysis", "scene_segmentation"}, 4, {}, false, cuts_and_scenes()};
  CHECK(world.acquired == 0);
  const auto& made = world.made();
  CHECK(made.analyzers == cuts_and_scenes()->analyzers);
  CHECK(made.events == cuts_and_scenes()->events);
  CHECK(made.media.frames == 100);
  CHECK(made.media.path == TIMELOOM_SOURCE_DIR "/README.md");
  CHECK(made.made.libraries == cuts_and_scenes()->made.libraries);
}

TEST_CASE("what is known outlives the workers that are lost with the rest") {
  job_world world{{"cut_analysis", "scene_segmentation", "color_analysis"}, 4, {}, false, cuts_and_scenes()};
  for (int attempt = 0; attempt < 2; ++attempt) {
    world.grant();
    CHECK(world.orders.back().analyzers == ids{"color_analysis"});
    world.lose_media("the media worker ended with status 70");
  }
  const auto& made = world.made();
  CHECK(made.analyzers.at(0) == cuts_and_scenes()->analyzers[0]);
  CHECK(made.analyzers.at(2).status == analyzer_status::failed);
  CHECK(made.scenes.size() == 1);
}

TEST_CASE("a flood of progress does not reach the listener") {
  job_world world{{"cut_analysis"}};
  world.grant();
  for (int i = 0; i < 10'000; ++i)
    world.report(media_progress{1, i, media_time{i}, media_time{0}});
  CHECK_FALSE(world.progress.empty());
  CHECK(world.progress.size() < 100);
}

namespace {

/// The first stage of a job with captions, to its end: scenes of the frames 0, 1, 2 and 3, 4, 5.
void find_scenes(job_world& world) {
  const auto at = [](std::int64_t index) { return frame_position{index, media_time{index * 1'000'000}}; };
  world.grant();
  world.report(media_finds{1, {}, {{.number = 2, .first = at(3), .representative = at(4), .last = at(5)}}});
  world.report(media_finds{1, {}, {{.number = 1, .first = at(0), .representative = at(1), .last = at(2)}}});
  world.finish_media({"cut_analysis", "scene_segmentation"});
}

event caption_event(std::int64_t index) {
  return {"scene_caption", "caption", {index, media_time{index * 1'000'000}}};
}

} // namespace

TEST_CASE("captions are asked for when the scenes are known, of their frames alone") {
  job_world world{{"cut_analysis", "scene_segmentation", "scene_caption"}};
  find_scenes(world);
  CHECK(world.orders.at(0).consumers.empty());
  CHECK(world.orders.at(0).frames.empty());
  REQUIRE(world.acquired == 2);
  CHECK_FALSE(world.is_over());
  world.grant();
  REQUIRE(world.orders.size() == 2);
  const auto& order = world.orders[1];
  CHECK(order.analyzers.empty());
  REQUIRE(order.consumers.size() == 1);
  CHECK(order.consumers[0].shape == sample_shape{1792, sample_format::bgr24});
  REQUIRE(order.frames.size() == 6);
  for (std::int64_t i = 0; i < 6; ++i)
    CHECK(order.frames[static_cast<std::size_t>(i)].index == i);
  REQUIRE(world.sessions.size() == 1);
  REQUIRE(world.sessions[0].questions.size() == 2);
  CHECK(world.sessions[0].questions[0].scene == 1);
  world.frame(0, 0);
  world.answer(0, {{caption_event(0)}, {}, 0.1});
  world.last_events = {caption_event(3)};
  world.finish_media({});
  const auto& made = world.made();
  CHECK(made.media.frames == 100);
  CHECK(made.scenes.size() == 2);
  CHECK(made.events.size() == 2);
  CHECK(made.analyzers[2].status == analyzer_status::done);
  CHECK(made.made.attempts == 1);
  CHECK(world.released == 2);
}

TEST_CASE("who asks for captions alone gets the scenes too") {
  job_world world{{"scene_caption"}};
  find_scenes(world);
  CHECK(world.orders.at(0).analyzers == ids{"scene_segmentation"});
  world.grant();
  world.finish_media({});
  CHECK(world.made().analyzers.size() == 2);
}

TEST_CASE("captions whose worker died are asked for once more, and nothing else is run again") {
  job_world world{{"scene_segmentation", "scene_caption"}};
  find_scenes(world);
  world.grant();
  world.frame(0, 0);
  world.answer_with(0, worker_died);
  world.finish_media({});
  CHECK(world.acquired == 3);
  world.grant();
  REQUIRE(world.orders.size() == 3);
  CHECK(world.orders[2].analyzers.empty());
  CHECK(world.orders[2].frames == world.orders[1].frames);
  CHECK(world.sessions[0].ring != world.sessions[1].ring);
  world.frame(0, 0);
  world.answer(1, {{caption_event(0)}, {}, 0});
  world.finish_media({});
  CHECK(world.made().analyzers[1].attempt == 2);
  CHECK(world.made().events.size() == 1);
}

TEST_CASE("a file that cannot be read again costs the captions, and nothing else") {
  job_world world{{"scene_segmentation", "scene_caption"}};
  find_scenes(world);
  world.grant();
  world.report(media_failed{1, {errc::io, "the disk is gone"}});
  const auto& made = world.made();
  CHECK(made.analyzers[0].status == analyzer_status::done);
  CHECK(made.analyzers[1].status == analyzer_status::failed);
  CHECK(made.analyzers[1].reason == "the disk is gone");
}

TEST_CASE("pictures or captions that are missing make captions partial, and failed when there is none") {
  for (const bool any : {true, false}) {
    job_world world{{"scene_segmentation", "scene_caption"}};
    find_scenes(world);
    world.grant();
    world.frame(0, 0);
    world.answer(0, {any ? std::vector{caption_event(0)} : std::vector<event>{}, {"at 0.003 s: no memory"}, 0});
    world.finish_media({});
    const auto& report = world.made().analyzers[1];
    CHECK(report.status == (any ? analyzer_status::partial : analyzer_status::failed));
    CHECK(report.reason == "pictures or captions are missing: 1, the first at 0.003 s: no memory");
  }
}
