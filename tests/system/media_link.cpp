/// The media link with real processes: hostile ones, and an honest one with a slow consumer.
#include "actors/media_link.hpp"

#include "actors/system_config.hpp"
#include "media/frame_ring.hpp"
#include "media/input_file.hpp"
#include "tests/catch.hpp"
#include "tests/system/support.hpp"

#include <algorithm>
#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <numeric>
#include <optional>
#include <sys/wait.h>
#include <unistd.h>

using namespace timeloom;
using namespace timeloom::tests;
using namespace std::chrono_literals;

namespace {

/// A media link and what its job hears.
class link_world {
public:
  link_world(worker_command worker, std::chrono::seconds stall_timeout, bool keep_progress = false,
             decoder_rule decoder = decoder_rule::software, std::shared_ptr<decoder_record> decoding = nullptr)
      : system_(config_), keep_progress_(keep_progress) {
    job_ = system_.spawn([this](job_actor::pointer) -> job_actor::behavior_type {
      return {
          [](granted_atom, const media_link_actor&) {},
          [this](const shared_report& report) {
            const std::lock_guard lock{mutex_};
            if (std::holds_alternative<media_progress>(*report) && !keep_progress_)
              ++progress_;
            else
              reports_.push_back(report);
            changed_.notify_all();
          },
          [this](lost_atom, const std::string& reason, bool blameless) {
            const std::lock_guard lock{mutex_};
            lost_ = reason;
            blameless_ = blameless;
            changed_.notify_all();
          },
          [](cancel_atom) {},
      };
    });
    link_ = system_.spawn(media_link, media_link_options{.worker = std::move(worker),
                                                         .threads = 2,
                                                         .decoder = decoder,
                                                         .decoding = std::move(decoding),
                                                         .stall_timeout = stall_timeout});
  }
  ~link_world() {
    caf::anon_send_exit(link_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(job_, caf::exit_reason::user_shutdown);
  }

  void assign(media_order order, const std::string& path, shared_fd ring) {
    auto input = open_input(path);
    REQUIRE(input);
    caf::anon_send(link_, assign_atom_v,
                   media_assignment{std::move(order), std::make_shared<const unique_fd>(std::move(input->fd)),
                                    std::move(ring), job_});
  }
  void cancel(std::uint64_t job) { caf::anon_send(link_, cancel_atom_v, job); }
  void give_credit(std::uint64_t job, std::vector<std::int32_t> slots) {
    caf::anon_send(link_, credit_atom_v, job, std::move(slots));
  }

  /// What the link's clock does, without the wait.
  void pass(std::chrono::seconds time) {
    for (; time > 0s; time -= 1s)
      caf::anon_send(link_, check_atom_v);
  }

  /// Why the worker was lost; empty when it was not within `patience`.
  std::string lost(std::chrono::milliseconds patience = 20s) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, patience, [&] { return lost_.has_value(); });
    return lost_.value_or("");
  }
  bool is_blameless() {
    const std::lock_guard lock{mutex_};
    return blameless_;
  }
  /// The next report but progress; null when none came.
  shared_report next() {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, 20s, [&] { return !reports_.empty() || lost_; }) || reports_.empty())
      return nullptr;
    auto report = reports_.front();
    reports_.pop_front();
    return report;
  }
  std::int64_t progress() {
    const std::lock_guard lock{mutex_};
    return progress_;
  }

private:
  system_config config_;
  caf::actor_system system_;
  media_link_actor link_;
  job_actor job_;
  bool keep_progress_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<shared_report> reports_; // these five guarded by mutex_
  std::optional<std::string> lost_;
  bool blameless_ = false;
  std::int64_t progress_ = 0;
};

media_order order_of(std::uint64_t job) {
  media_order order;
  order.job = job;
  order.name = "a file";
  order.analyzers = {"cut_analysis"};
  order.consumers = {{"text_overlay", 5, {320, sample_format::gray8}}};
  order.ring = {largest_bytes(order.consumers[0].shape), 3};
  return order;
}

shared_fd ring_of(const media_order& order) {
  auto memory = create_ring_memory(order.ring);
  REQUIRE(memory);
  return std::make_shared<const unique_fd>(std::move(*memory));
}

constexpr std::int64_t few_megabytes = 12 << 20; // the records on their way take four

} // namespace

TEST_CASE("a worker that does what no worker does is lost with a sentence") {
  struct one {
    const char* mode;
    const char* reason;
  };
  const auto expected_reason =
      GENERATE(one{"random", "sent a record that does not fit: "},
               one{"large", "sent what is no record: a record is larger than 131072 bytes"},
               one{"slot", "filled slot 3 of 3, which was not its to fill"},
               one{"used_slot", "filled slot 0 of 3, which was not its to fill"},
               one{"consumer", "sent a picture for consumer 1, named twice or not there"},
               one{"consumer_twice", "sent a picture for consumer 0, named twice or not there"},
               one{"huge_picture", "sent a picture of 16384x16384, which no slot of"},
               one{"descriptor", "sent a record that does not fit: a report brought a descriptor"},
               one{"many_descriptors", "sent what is no record: a record brings more than 4 descriptors"},
               one{"depth_bomb", "sent a record that does not fit: a record is nested more than 32 levels deep"},
               one{"promised_length", "sent a record that does not fit: a record promises"},
               one{"map_of_many", "sent a record that does not fit: a record holds a map of 10000 members"},
               one{"finds_of_others", "sent an event of \"text_overlay\", which it does not run"},
               one{"scene_of_nobody", "sent a scene, though it looks for none"},
               one{"cancels", "sent that its work was cancelled, which it was not"},
               one{"other_version", "speaks version 6 of the record protocol, not 5"},
               one{"greets_twice", "sent a second greeting"}, one{"no_greeting", "sent a report before its greeting"},
               one{"closes", "was stopped"}, one{"exit", "ended with status 7"},
               one{"crash", "was killed by signal 6 (Aborted)"});
  INFO(expected_reason.mode);
  link_world world{{TIMELOOM_HOSTILE_WORKER, {"--worker", expected_reason.mode}, {}}, 10s};
  [[maybe_unused]] const auto before = resident_bytes(::getpid());
  const auto order = order_of(7);
  world.assign(order, TIMELOOM_PROGRAM, ring_of(order));
  const auto reason = world.lost();
  INFO(reason);
  CHECK(reason.find("the media worker ") == 0);
  CHECK(reason.find(expected_reason.reason) != std::string::npos);
#ifndef __SANITIZE_ADDRESS__ // which keeps what was freed for a while
  CHECK(resident_bytes(::getpid()) - before < few_megabytes);
#endif
  CHECK(wait_until([&] { return children_of(::getpid(), expected_reason.mode).empty(); }));
}

TEST_CASE("a worker that was lost with its GPU is nobody's fault, if it may use one") {
  for (const auto decoder : {decoder_rule::measured, decoder_rule::software}) {
    link_world world{{TIMELOOM_HOSTILE_WORKER, {"--worker", "gpu_lost"}, {}}, 10s, false, decoder};
    const auto order = order_of(7);
    world.assign(order, TIMELOOM_PROGRAM, ring_of(order));
    CHECK(world.lost() == "the media worker gave up: the GPU does nothing more");
    CHECK(world.is_blameless() == (decoder == decoder_rule::measured));
  }
}

TEST_CASE("software decodes what was meant for a GPU that is not there, and that is what the GPU then costs") {
  const temporary_folder folder;
  const auto video = make_clip(folder, "small.mp4", "testsrc2=size=64x64:rate=25", 4.4);
  const decoding_case what{"h264", size_class::p480};
  const auto record = std::make_shared<decoder_record>(decoder_speeds{{what, {1, 1e-9, 0}}});
  link_world world{{TIMELOOM_MEDIA_WORKER, {}, {"CUDA_VISIBLE_DEVICES="}}, 20s, false, decoder_rule::measured, record};
  media_order order;
  order.job = 1;
  order.name = "small.mp4";
  order.analyzers = {"cut_analysis"};
  world.assign(order, video, nullptr);
  const auto report = world.next();
  INFO(world.lost(0ms));
  REQUIRE(report);
  const auto* end = std::get_if<media_finished>(report.get());
  REQUIRE(end);
  CHECK(end->facts.frames == 110);
  CHECK(end->facts.decoder == "software");
  CHECK(end->facts.decoder_reason ==
        "NVDEC does not decode it here; it was chosen because h264 480p waits less for it: "
        "1e-06 ms a frame, 1e+03 for the other");
  REQUIRE(end->decoding);
  CHECK(end->decoding->decoder == decoder_kind::nvdec);
  CHECK(end->decoding->seconds > 0);
  CHECK(record->speeds().at(what).nvdec_s > 1e-6);
  CHECK(record->speeds().at(what).software_s == 1);
}

TEST_CASE("a worker that may use a GPU leaves it when nothing is to be done, and comes back for the next video") {
  const temporary_folder folder;
  const auto video = make_clip(folder, "small.mp4", "testsrc2=size=64x64:rate=25", 0.4);
  const auto workers = [] { return children_of(::getpid(), "timeloom-media-worker"); };
  for (const auto decoder : {decoder_rule::nvdec, decoder_rule::software}) {
    link_world world{{TIMELOOM_MEDIA_WORKER, {}, {"CUDA_VISIBLE_DEVICES="}}, 20s, false, decoder};
    media_order order;
    order.analyzers = {"cut_analysis"};
    const auto analyze = [&] {
      ++order.job;
      world.assign(order, video, nullptr);
      const auto report = world.next();
      return report && std::holds_alternative<media_finished>(*report);
    };
    CHECK(analyze());
    const auto first = workers();
    CHECK(first.size() == 1);
    world.pass(5s);
    CHECK(analyze());
    CHECK((workers() == first) == (decoder == decoder_rule::software));
    CHECK(world.lost(0ms).empty());
  }
}

TEST_CASE("a worker that says nothing and reads nothing is ended when its time is over") {
  for (const char* mode : {"silent", "empty"}) {
    link_world world{{TIMELOOM_HOSTILE_WORKER, {"--worker", mode}, {}}, 1s};
    const auto order = order_of(7);
    world.assign(order, TIMELOOM_PROGRAM, ring_of(order));
    const auto reason = world.lost();
    INFO(mode);
    INFO(reason);
    // An empty datagram looks like the end of the stream.
    CHECK(reason == (mode == std::string{"silent"} ? "the media worker showed no progress for 1 s"
                                                   : "the media worker was stopped"));
  }
}

TEST_CASE("a worker that hangs in cancelled work is not given the next") {
  link_world world{{TIMELOOM_HOSTILE_WORKER, {"--worker", "hangs"}, {}}, 10s};
  const auto order = order_of(7);
  world.assign(order, TIMELOOM_PROGRAM, ring_of(order));
  REQUIRE(wait_until([&] { return world.progress() == 1; }));
  const auto before = children_of(::getpid(), "hangs");
  world.cancel(7);
  const auto next = order_of(8);
  world.assign(next, TIMELOOM_PROGRAM, ring_of(next));
  world.pass(2s);
  CHECK(wait_until([&] { return world.progress() == 2; })); // of another process
  CHECK(children_of(::getpid(), "hangs") != before);
}

TEST_CASE("a worker that does not read its credit is ended, and nothing waits for it") {
  link_world world{{TIMELOOM_HOSTILE_WORKER, {"--worker", "deaf"}, {}}, 10s};
  const auto order = order_of(7);
  world.assign(order, TIMELOOM_PROGRAM, ring_of(order));
  REQUIRE(wait_until([&] { return world.progress() > 0; }));
  [[maybe_unused]] const auto before = resident_bytes(::getpid());
  std::string reason;
  for (int i = 0; i < 100'000 && reason.empty(); ++i) {
    world.give_credit(7, {0, 1, 2});
    if (i % 100 == 0)
      reason = world.lost(1ms);
  }
  CHECK(reason.find("the media worker does not take orders: ") == 0);
#ifndef __SANITIZE_ADDRESS__ // which keeps what was freed for a while
  CHECK(resident_bytes(::getpid()) - before < few_megabytes);
#endif
}

TEST_CASE("a flood of reports does not fill memory") {
  link_world world{{TIMELOOM_HOSTILE_WORKER, {"--worker", "flood"}, {}}, 10s};
  [[maybe_unused]] const auto before = resident_bytes(::getpid());
  const auto order = order_of(7);
  world.assign(order, TIMELOOM_PROGRAM, ring_of(order));
  REQUIRE(wait_until([&] { return world.progress() > 20'000; }));
  CHECK(world.lost(1ms).empty());
#ifndef __SANITIZE_ADDRESS__ // which keeps what was freed for a while
  CHECK(resident_bytes(::getpid()) - before < few_megabytes);
#endif
}

TEST_CASE("a slow consumer slows the worker down: no picture is lost, overtaken or out of order") {
  const temporary_folder folder;
  constexpr int frames = 100;
  // Each frame is as bright as its number says.
  const auto video = make_clip(folder, "bright.mp4", "color=size=64x64:rate=25,format=gray,geq=lum='40+N*2'", 4);
  link_world world{{TIMELOOM_MEDIA_WORKER, {}, {}}, 20s};
  auto order = order_of(9);
  order.consumers[0].rate_hz = 5;
  order.consumers[0].shape.long_side_px = 64;
  order.ring = {64 * 64, 3};
  const auto memory = ring_of(order);
  auto ring = frame_ring::map(*memory, order.ring, frame_ring::access::read);
  REQUIRE(ring);
  world.assign(order, video, memory);

  const auto brightness = [&](int slot) {
    const auto pixels = ring->slot(slot);
    return std::accumulate(pixels.begin(), pixels.end(), 0.0) / static_cast<double>(pixels.size());
  };
  std::vector<std::int64_t> indices;
  std::int64_t worker_bytes = 0;
  for (;;) {
    const auto report = world.next();
    INFO(world.lost(0ms));
    REQUIRE(report);
    if (const auto* end = std::get_if<media_finished>(report.get())) {
      CHECK(end->facts.frames == frames);
      break;
    }
    const auto* frame = std::get_if<media_frame>(report.get());
    if (frame == nullptr)
      continue;
    const double wanted = std::min(40.0 + 2.0 * static_cast<double>(frame->at.index), 255.0);
    CHECK(brightness(frame->slot) == Approx(wanted).margin(4));
    std::this_thread::sleep_for(100ms);
    CHECK(brightness(frame->slot) == Approx(wanted).margin(4)); // still the same picture
    indices.push_back(frame->at.index);
    const auto workers = workers_of(::getpid(), "media");
    REQUIRE(workers.size() == 1);
    const auto bytes = resident_bytes(workers[0]);
    if (indices.size() == 5)
      worker_bytes = bytes;
    else if (indices.size() > 5)
      CHECK(bytes - worker_bytes < few_megabytes);
    world.give_credit(9, {frame->slot});
  }
  std::vector<std::int64_t> wanted;
  for (int i = 0; i < frames; i += 5)
    wanted.push_back(i);
  CHECK(indices == wanted);
}

TEST_CASE("a worker that died between two jobs costs the next one nothing") {
  const temporary_folder folder;
  const auto video = make_clip(folder, "small.mp4", "testsrc2=size=64x64:rate=25", 0.4);
  link_world world{{TIMELOOM_MEDIA_WORKER, {}, {}}, 20s};
  for (std::uint64_t job = 1; job < 6; ++job) {
    media_order order;
    order.job = job;
    order.name = "small.mp4";
    order.analyzers = {"cut_analysis"};
    world.assign(order, video, nullptr);
    for (bool finished = false; !finished;) {
      const auto report = world.next();
      INFO(world.lost(0ms));
      REQUIRE(report);
      finished = std::holds_alternative<media_finished>(*report);
    }
    const auto workers = workers_of(::getpid(), "media");
    REQUIRE(workers.size() == 1);
    ::kill(workers[0], SIGKILL);
    // Dead for good only with the last of its threads; unless the link was faster and has reaped it.
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(workers[0]), &info, WEXITED | WNOWAIT);
  }
  CHECK(world.lost(0ms).empty());
}
