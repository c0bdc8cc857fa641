/// The daemon's actor in virtual time: what it does while those that it asks take their time.
#include "serving/daemon.hpp"

#include "actors/caf_error.hpp"
#include "tests/actors/deterministic.hpp"
#include "tests/temporary_folder.hpp"

#include <caf/event_based_actor.hpp>

using namespace timeloom;
using namespace std::chrono_literals;
using timeloom::tests::temporary_folder;

namespace {

const std::string sum(64, 'a'); // of every video

/// A daemon on a folder with in/, where videos are watched, and out/. The test is its coordinator, and moves its
/// videos.
class daemon_world : public deterministic_actors {
public:
  explicit daemon_world(bool puts_away = false) {
    for (const auto* name : {"in", "out", "state"})
      std::filesystem::create_directory(folder.at(name));
    setup.state_dir = folder.at("state");
    setup.output_dir = folder.at("out");
    setup.watched = {folder.at("in")};
    setup.puts_away = puts_away;
    setup.formats = {output_format::json};
    setup.request.analyzers = {"cut_analysis"};
    coordinator_ = spawn([this](coordinator_actor::pointer self) { return coordinate(self); });
    hasher_ = spawn([this](caf::event_based_actor* self) -> caf::behavior {
      return {[this, self](hash_atom, const shared_input&) {
                auto answer = self->make_response_promise<std::string>();
                if (hashes_at_once)
                  answer.deliver(sum);
                else
                  hashes.push_back(answer);
                return answer;
              },
              [this](const std::string& hex) {
                hashes.front().deliver(hex);
                hashes.erase(hashes.begin());
              }};
    });
    mover_ = spawn([this](caf::event_based_actor* self) -> caf::behavior {
      return {[this, self](const move_wish&) { return moves.emplace_back(self->make_response_promise<std::string>()); },
              [this](const std::string& place) {
                place.empty() ? moves.front().deliver(to_caf({errc::cancelled, ""})) : moves.front().deliver(place);
                moves.erase(moves.begin());
              },
              [this](int code, const std::string& words) {
                moves.front().deliver(to_caf({static_cast<errc>(code), words}));
                moves.erase(moves.begin());
              }};
    });
    jobs = std::make_shared<journal>(journal::open(folder.at("journal")).value());
    daemon_ = spawn(timeloom::daemon,
                    daemon_start{std::make_shared<const daemon_setup>(setup), jobs, coordinator_,
                                 caf::actor_cast<hasher_actor>(hasher_), caf::actor_cast<mover_actor>(mover_), &feed_});
  }
  ~daemon_world() { end_actors(); }

  /// A video of the watched folder, for the daemon.
  job_entry see(const std::string& name) {
    const auto video = look_at(folder.file("in/" + name, "video " + name)).value();
    send(daemon_, seen_atom_v, seen_files{video});
    return jobs->jobs_of(video.path).value().at(0);
  }
  void reload() { send(daemon_, reload_atom_v, std::make_shared<const daemon_setup>(setup)); }
  /// The analysis `number`, from 1, comes to its end.
  void analyzed(std::uint64_t number = 1) {
    timeline made;
    made.media.sha256 = sum;
    made.analyzers.emplace_back().id = "cut_analysis";
    send(listener_, job_result{requests.at(number - 1).tag, std::make_shared<const timeline>(made), {}});
  }
  void failed(const error& reason) { send(listener_, job_result{requests.back().tag, nullptr, reason}); }
  /// The first of the moves ends; without a place it was stopped.
  void moved(const std::string& place = {}) { send(mover_, place); }
  void hashed() { send(hasher_, sum); }
  void not_moved(const error& reason) { send(mover_, static_cast<int>(reason.code), reason.message); }
  /// A second at a time, as the daemon looks.
  void pass(std::chrono::seconds time) {
    for (; time.count() > 0; --time)
      advance(1s);
  }
  /// Filled when the daemon answers.
  template <class Answer, class... Message>
  std::shared_ptr<std::optional<Answer>> ask(Message... message) {
    auto answer = std::make_shared<std::optional<Answer>>();
    spawn([&](caf::event_based_actor* self) {
      self->request(daemon_, caf::infinite, message...).then([answer](Answer& value) { *answer = std::move(value); });
    });
    return answer;
  }
  void end_mover() { end(mover_); }
  void end_hasher() { end(hasher_); }
  job_entry job(job_id id) { return jobs->job(id).value(); }

  const temporary_folder folder{"/dev/shm"};
  daemon_setup setup;
  std::shared_ptr<journal> jobs;
  std::vector<analysis_request> requests;
  bool hashes_at_once = true;
  std::vector<caf::typed_response_promise<std::string>> hashes, moves; // asked for and not answered

private:
  void end(const caf::actor& one) {
    caf::anon_send_exit(one, caf::exit_reason::kill);
    run();
  }
  coordinator_actor::behavior_type coordinate(coordinator_actor::pointer) {
    return {[this](submit_atom, const analysis_request& request, const listener_actor& listener) {
              requests.push_back(request);
              listener_ = listener;
              return static_cast<std::uint64_t>(requests.size());
            },
            [](cancel_atom, std::uint64_t) {},
            [](acquire_atom, std::uint64_t) {},
            [](release_atom, std::uint64_t) {},
            [](link_atom, std::uint64_t, const std::string&) -> caf::result<analysis_link_actor> {
              return caf::sec::runtime_error;
            },
            [](metrics_atom) { return metrics_report{}; }};
  }

  event_feed feed_;
  coordinator_actor coordinator_;
  caf::actor hasher_, mover_;
  listener_actor listener_;
  daemon_actor daemon_;
};

} // namespace

TEST_CASE("a daemon without its mover or hasher ends, so that it is seen") {
  daemon_world world;
  REQUIRE(world.ask<live_jobs>(live_atom_v)->has_value());
  SECTION("mover") {
    world.end_mover();
  }
  SECTION("hasher") {
    world.end_hasher();
  }
  CHECK_FALSE(world.ask<live_jobs>(live_atom_v)->has_value());
}

TEST_CASE("while a video is moved the daemon goes on, and the job is over when the video is there") {
  daemon_world world{true};
  const auto first = world.see("a.mp4");
  world.analyzed();
  CHECK(world.job(first.id).state == job_state::publishing);
  REQUIRE(world.moves.size() == 1);
  world.advance(10s); // it is not asked for again
  CHECK(world.moves.size() == 1);
  CHECK(*world.ask<live_jobs>(live_atom_v));
  const auto second = world.see("another.mp4");
  CHECK(world.job(second.id).state == job_state::running);
  world.moved(world.folder.at("in/done/a.mp4"));
  CHECK(world.job(first.id).state == job_state::done);
  CHECK(world.job(first.id).moved_to == world.folder.at("in/done/a.mp4"));
}

TEST_CASE("a daemon that ends waits for a move for as long as it may, and leaves it to the next start then") {
  daemon_world world{true};
  const auto job = world.see("a.mp4");
  world.analyzed();
  SECTION("which is over in time") {
    const auto drained = world.ask<bool>(drain_atom_v, caf::timespan{1h});
    CHECK_FALSE(*drained);
    world.moved(world.folder.at("in/done/a.mp4"));
    CHECK(*drained);
    CHECK(world.job(job.id).state == job_state::done);
  }
  SECTION("which is not") {
    CHECK(*world.ask<bool>(drain_atom_v, caf::timespan{0}));
    world.moved();
    CHECK(world.job(job.id).state == job_state::publishing);
    CHECK(world.jobs->recover(wall_time{1h}).value().size() == 1);
  }
}

TEST_CASE("a daemon that ends does not wait for what is hashed before its analysis") {
  daemon_world world;
  world.hashes_at_once = false;
  world.see("a.mp4");
  const auto same_size = world.see("b.mp4");
  REQUIRE(world.hashes.size() == 2);
  REQUIRE(world.requests.size() == 1);
  const auto drained = world.ask<bool>(drain_atom_v, caf::timespan{1h});
  CHECK(world.job(same_size.id).state == job_state::queued);
  CHECK(world.job(same_size.id).attempts == 0);
  CHECK_FALSE(*drained);
  world.analyzed();
  CHECK(*drained);
}

TEST_CASE("a move that the disk refuses is asked for again, and in the end the story says why there was none") {
  daemon_world world{true};
  const auto job = world.see("a.mp4");
  world.analyzed();
  const auto refuse = [&] {
    REQUIRE(world.moves.size() == 1);
    world.not_moved({errc::io, "no room"});
  };
  refuse();
  CHECK(world.job(job.id).state == job_state::publishing);
  world.pass(29s);
  CHECK(world.moves.empty());
  world.pass(1s);
  SECTION("which goes well the second time") {
    REQUIRE(world.moves.size() == 1);
    world.moved(world.folder.at("in/done/a.mp4"));
    CHECK(world.job(job.id).moved_to == world.folder.at("in/done/a.mp4"));
  }
  SECTION("which goes wrong as often as a video is tried") {
    refuse();
    world.pass(59s);
    CHECK(world.moves.empty());
    world.pass(1s);
    refuse();
    CHECK(world.jobs->story(job.id)->back().what == "done; the video is not put away: no room");
  }
  SECTION("which a daemon that ends leaves to the next start") {
    refuse();
    CHECK(*world.ask<bool>(drain_atom_v, caf::timespan{1h}));
    world.pass(60s);
    CHECK(world.moves.empty());
    CHECK(world.jobs->recover(wall_time{1h}).value().size() == 1);
    return;
  }
  CHECK(world.job(job.id).state == job_state::done);
}

TEST_CASE("nothing starts while as many videos as may be are being moved, and each that is stuck is looked at") {
  daemon_world world{true};
  std::filesystem::create_directories(world.folder.at("out/stuck.mp4.timeline.json/in the way"));
  const auto stuck = world.see("stuck.mp4");
  world.analyzed();
  std::string name = ".mp4"; // of another length each, so that no content is the same
  for (std::size_t i = 0; i < most_moves; ++i) {
    world.see(name = "a" + name);
    world.analyzed(world.requests.size());
  }
  CHECK(world.moves.size() == most_moves);
  const auto held = world.see(name = "a" + name);
  CHECK(world.job(held.id).state == job_state::queued);
  CHECK(world.ask<live_jobs>(live_atom_v)->value().held == "waits: 64 videos are being moved");
  world.moved(world.folder.at("in/done/a.mp4"));
  world.pass(1s);
  CHECK(world.job(held.id).state == job_state::running);

  CHECK(world.job(stuck.id).state == job_state::publishing);
  std::filesystem::remove_all(world.folder.at("out/stuck.mp4.timeline.json"));
  world.pass(1s);
  CHECK(world.moves.size() == most_moves);
}

TEST_CASE("a video with the content of one that is still being moved gets a copy of its result") {
  daemon_world world{true};
  const auto first = world.see("a.mp4");
  world.analyzed();
  REQUIRE(world.job(first.id).state == job_state::publishing);
  const auto second = world.see("b.mp4");
  CHECK(world.requests.size() == 1);
  CHECK(world.job(second.id).result_of == first.id);
  CHECK(std::filesystem::exists(world.folder.at("out/b.mp4.timeline.json")));
  world.moved(world.folder.at("in/done/a.mp4"));
  world.moved(world.folder.at("in/done/b.mp4"));
  CHECK(world.job(first.id).state == job_state::done);
  CHECK(world.job(second.id).state == job_state::done);
  CHECK(world.job(second.id).moved_to == world.folder.at("in/done/b.mp4"));
}

TEST_CASE("a video that was moved to another disk is the same, and its failures count") {
  namespace fs = std::filesystem;
  daemon_world world{true};
  const auto job = world.see("a.mp4");
  world.analyzed();
  const auto moved_to = world.folder.at("in/done/a.mp4");
  fs::create_directory(world.folder.at("in/done"));
  fs::copy_file(job.path, moved_to);
  fs::last_write_time(moved_to, fs::last_write_time(job.path));
  fs::remove(job.path);
  world.moved(moved_to);
  REQUIRE(world.ask<job_entry>(job_wish{job.id, job_action::retry})->has_value());
  world.failed({errc::worker_lost, "it died"});
  CHECK(world.job(job.id).attempts == 1);
  CHECK(world.job(job.id).reason == "it died");
}

TEST_CASE("a copy that cannot be noted leaves nothing of the formats that are not written any more") {
  daemon_world world;
  world.setup.formats.push_back(output_format::vtt);
  world.reload();
  world.see("a.mp4");
  world.analyzed();
  world.setup.formats = {output_format::json};
  world.reload();
  world.hashes_at_once = false;
  const auto copy = world.see("b.mp4");
  REQUIRE(world.jobs->end(copy.id, job_state::cancelled, "by somebody else", wall_time{})); // so it cannot be published
  world.hashed();
  const auto files = std::filesystem::directory_iterator{world.setup.output_dir};
  CHECK(std::distance(files, {}) == 2); // of a.mp4
}

TEST_CASE("a result whose files have no names yet is neither copied nor forgotten") {
  daemon_world world{true};
  const auto in_the_way = world.folder.at("out/a.mp4.timeline.json");
  std::filesystem::create_directories(in_the_way + "/x");
  const auto first = world.see("a.mp4");
  world.analyzed();
  world.see("b.mp4");
  CHECK(world.requests.size() == 2);
  CHECK_FALSE(world.requests[1].known);
  std::filesystem::remove_all(in_the_way);
  world.pass(1s);
  const auto third = world.see("c.mp4");
  CHECK(world.job(third.id).state == job_state::running); // waits for the second, which has its content
  world.analyzed(2);
  CHECK(world.requests.size() == 2);
  CHECK(world.jobs->written(first.id));
}

TEST_CASE("a move that would be refused again is not asked for again") {
  daemon_world world{true};
  const auto job = world.see("a.mp4");
  world.analyzed();
  world.not_moved({errc::not_allowed, "a link"});
  CHECK(world.job(job.id).state == job_state::done);
  CHECK(world.job(job.id).moved_to.empty());
  CHECK(world.jobs->story(job.id)->back().what == "done; the video is not put away: a link");
}

TEST_CASE("nothing starts while the output folder takes no file, and it is looked at again after ever longer times") {
  daemon_world world;
  const auto out = world.folder.at("out");
  std::filesystem::remove(out);
  world.folder.file("out", "in the way");
  const auto job = world.see("a.mp4");
  const auto held = [&] { return world.ask<live_jobs>(live_atom_v)->value().held; };
  CHECK(held().starts_with("waits: no result can be kept: cannot create the folder " + out));
  world.advance(1s);
  CHECK(world.job(job.id).state == job_state::queued);
  std::filesystem::remove(out);
  world.advance(1s); // of two
  CHECK_FALSE(held().empty());
  world.advance(1s);
  CHECK(world.job(job.id).state == job_state::running);
  CHECK(held().empty());
  world.analyzed();
  CHECK(world.job(job.id).state == job_state::done);
  CHECK(world.jobs->story(job.id)->size() == 4); // it was started once
}

TEST_CASE("a video whose own result cannot be kept is tried again after twice as long each time") {
  daemon_world world;
  std::filesystem::create_directories(world.folder.at("in/sub"));
  world.folder.file("out/sub", "in the way of a folder");
  const auto job = world.see("sub/a.mp4");
  for (std::uint64_t number = 1; number <= 3; ++number) {
    world.analyzed(number);
    const auto waits = world.job(job.id);
    CHECK(waits.state == job_state::queued);
    CHECK(waits.attempts == 0);
    CHECK(waits.not_before - waits.changed == 30s * (1 << (number - 1)));
    CHECK(world.see("sub/a.mp4").id == job.id); // as if its time had come, which the wall clock tells
    REQUIRE(world.requests.size() == number + 1);
  }
}

TEST_CASE("a format that was added is written when the video is submitted again, of what is known") {
  daemon_world world;
  const auto job = world.see("a.mp4");
  world.analyzed();
  REQUIRE(world.job(job.id).state == job_state::done);
  const auto again = [&] { return world.ask<job_entry>(submit_atom_v, submission{job.path})->value().id; };
  CHECK(again() == job.id);
  CHECK(world.requests.size() == 1);
  world.setup.formats.push_back(output_format::vtt);
  world.reload();
  CHECK(again() == job.id);
  REQUIRE(world.requests.size() == 2);
  REQUIRE(world.requests[1].known);
  CHECK(world.requests[1].known->analyzers.size() == 1);
  world.analyzed(2);
  CHECK(world.job(job.id).formats == std::vector<std::string>{"json", "vtt"});
  CHECK(std::filesystem::exists(world.folder.at("out/a.mp4.timeline.vtt")));
}
