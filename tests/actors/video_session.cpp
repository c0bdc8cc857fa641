#include "actors/video_session.hpp"

#include "tests/catch.hpp"

using namespace timeloom;

namespace {

using answers = std::vector<std::pair<std::uint64_t, batch_result>>;

frame_position at(std::uint64_t picture) {
  return {static_cast<std::int64_t>(picture) * 10, media_time{static_cast<std::int64_t>(picture) * 500'000'000}};
}

/// Makes an event of each picture, certain as soon as the picture after it was seen.
class one_event_late final : public video_finds {
public:
  explicit one_event_late(std::vector<frame_position>& seen) : seen_(seen) {}

  void see(const frame_position& position, const picture_finds& finds) override {
    seen_.push_back(position);
    finish();
    open_.push_back({"object_detection", std::to_string(finds.objects.at(0).label), position});
  }
  std::vector<event> take_events() override { return std::exchange(certain_, {}); }
  void cut() override { open_.push_back({"object_detection", "cut", seen_.back()}); }
  void finish() override {
    for (auto& one : std::exchange(open_, {}))
      certain_.push_back(std::move(one));
  }

private:
  std::vector<frame_position>& seen_;
  std::vector<event> open_, certain_;
};

/// A session of 10 pictures: requests of 3, 1, 4 and 2.
struct session_of_ten {
  session_of_ten() {
    for (const std::size_t size : {3, 1, 4, 2})
      requests.push_back(session.expect(size));
  }

  looked_at good(std::uint64_t picture) const {
    picture_finds finds;
    finds.objects.push_back({static_cast<int>(picture), 1, {}, {}});
    return {5, picture, reference(picture), std::move(finds), 0.25, {}};
  }
  looked_at bad(std::uint64_t picture) const {
    return {5, picture, reference(picture), fail(errc::internal, "picture {} is bad", picture), 0.25, {}};
  }
  answers see(const std::vector<std::uint64_t>& pictures) {
    answers all;
    for (const auto picture : pictures)
      for (auto& one : session.see(good(picture)))
        all.push_back(std::move(one));
    return all;
  }

  std::vector<frame_position> seen;
  video_session session{std::make_unique<one_event_late>(seen)};
  std::vector<video_session::request> requests;

private:
  static frame_reference reference(std::uint64_t picture) {
    return {0, at(picture).index, at(picture).time.count(), 8, 8, 0};
  }
};

std::vector<std::uint64_t> numbers(const answers& all) {
  std::vector<std::uint64_t> of_requests;
  for (const auto& [number, result] : all)
    of_requests.push_back(number);
  return of_requests;
}

/// The events of each picture, by the picture's number.
std::vector<std::string> kinds(const batch_result& result) {
  std::vector<std::string> all;
  for (const auto& one : result.events)
    all.push_back(one.kind);
  return all;
}

using names = std::vector<std::string>;
using pictures = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("the pictures of a session are numbered through its requests") {
  session_of_ten video;
  CHECK(video.requests[0].first_picture == 0);
  CHECK(video.requests[1].first_picture == 3);
  CHECK(video.requests[2].first_picture == 4);
  CHECK(video.requests[3].first_picture == 8);
  for (std::size_t i = 1; i < 4; ++i)
    CHECK(video.requests[i].number > video.requests[i - 1].number);
}

TEST_CASE("a request is answered with its last picture and the events certain by then") {
  session_of_ten video;
  CHECK(video.see({0, 1}).empty());
  const auto first = video.see({2});
  REQUIRE(numbers(first) == pictures{video.requests[0].number});
  CHECK(kinds(first[0].second) == names{"0", "1"});
  CHECK(first[0].second.frame_errors.empty());
  CHECK(first[0].second.seconds == Approx(0.75));
  const auto second = video.see({3});
  REQUIRE(numbers(second) == pictures{video.requests[1].number});
  CHECK(kinds(second[0].second) == names{"2"});
}

TEST_CASE("whatever the order of the batches, the pictures are seen and answered in that of the video") {
  std::vector<std::uint64_t> order;
  SECTION("backwards") {
    order = {9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
  }
  SECTION("requests interleaved") {
    order = {4, 0, 8, 3, 1, 5, 9, 2, 7, 6};
  }
  SECTION("later requests first") {
    order = {8, 9, 4, 5, 6, 7, 3, 0, 1, 2};
  }
  session_of_ten video;
  const auto all = video.see(order);
  REQUIRE(video.seen.size() == 10);
  for (std::uint64_t picture = 0; picture < 10; ++picture)
    CHECK(video.seen[picture] == at(picture));
  REQUIRE(all.size() == 4);
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(all[i].first == video.requests[i].number);
  CHECK(kinds(all[0].second) == names{"0", "1"});
  CHECK(kinds(all[1].second) == names{"2"});
  CHECK(kinds(all[2].second) == names{"3", "4", "5", "6"});
  CHECK(kinds(all[3].second) == names{"7", "8"});
  CHECK(kinds(video.session.finish()) == names{"9"});
}

TEST_CASE("a request waits for those before it, and no longer") {
  session_of_ten video;
  CHECK(video.see({3, 4, 5, 6, 7}).empty());
  CHECK(video.see({0, 2}).empty());
  CHECK(video.seen.size() == 1);
  CHECK(numbers(video.see({1})) ==
        pictures{video.requests[0].number, video.requests[1].number, video.requests[2].number});
  CHECK(video.seen.size() == 8);
}

TEST_CASE("a picture that failed is named with its time in the answer of its request, and the others are seen") {
  session_of_ten video;
  video.see({4, 2, 0});
  const auto all = video.session.see(video.bad(1));
  REQUIRE(numbers(all) == pictures{video.requests[0].number});
  CHECK(all[0].second.frame_errors == names{"at 0.500 s: picture 1 is bad"});
  CHECK(kinds(all[0].second) == names{"0"});
  CHECK(video.seen == std::vector{at(0), at(2)});
  const auto next = video.session.see(video.bad(3));
  REQUIRE(numbers(next) == pictures{video.requests[1].number});
  CHECK(next[0].second.frame_errors == names{"at 1.500 s: picture 3 is bad"});
  CHECK(next[0].second.events.empty());
  CHECK(next[0].second.seconds == Approx(0.25));
}

TEST_CASE("a cut is told between the pictures that it lies between, whatever the order of the batches") {
  const auto of_shot = [](looked_at picture, std::uint8_t left, std::uint8_t right) {
    const std::vector<std::uint8_t> pixels{left, left, left, right, right, right};
    picture.sketch.emplace(sampled_frame{{}, {2, 1}, sample_format::bgr24, pixels});
    return picture;
  };
  session_of_ten video;
  // 3 and 4 are of the second shot, of which 2 shows nothing that could be read.
  video.session.see(of_shot(video.good(4), 200, 0));
  video.session.see(of_shot(video.good(3), 200, 0));
  video.session.see(of_shot(video.good(1), 0, 200));
  video.session.see(of_shot(video.good(0), 0, 200));
  const auto all = video.session.see(video.bad(2));
  REQUIRE(all.size() == 2);
  CHECK(kinds(all[0].second) == names{"0"});
  CHECK(kinds(all[1].second) == names{"1", "cut"});
  CHECK(kinds(video.see({5, 6, 7})[0].second) == names{"3", "4", "5", "6"});
}

TEST_CASE("the last events come with the end of a session, once") {
  session_of_ten video;
  video.see({0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  const auto last = video.session.finish();
  CHECK(kinds(last) == names{"9"});
  CHECK(last.frame_errors.empty());
  CHECK(last.seconds == 0);
  CHECK(video.session.finish().events.empty());
}
