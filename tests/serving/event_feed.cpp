#include "serving/event_feed.hpp"

#include "serving/event_reader.hpp"
#include "serving/event_stream.hpp"
#include "tests/catch.hpp"

#include <thread>

namespace timeloom {

using namespace std::chrono_literals;

TEST_CASE("a listener to one job hears all of it and nothing else") {
  event_feed feed;
  const auto listener = feed.subscribe(1);
  feed.publish(feed_kind::state, 1, "a");
  feed.publish(feed_kind::state, 2, "b");
  feed.publish(feed_kind::find, 1, "c");
  const auto items = listener->take(0ms);
  REQUIRE(items.size() == 2);
  CHECK(items[0].json == "a");
  CHECK(items[1].json == "c");
  CHECK(items[0].number < items[1].number);
  CHECK(listener->take(0ms).empty());
}

TEST_CASE("a listener to all jobs hears no finds") {
  event_feed feed;
  const auto listener = feed.subscribe(std::nullopt);
  feed.publish(feed_kind::find, 1, "a");
  feed.publish(feed_kind::progress, 2, "b");
  const auto items = listener->take(0ms);
  REQUIRE(items.size() == 1);
  CHECK(items[0].job == 2);
}

TEST_CASE("who listens too slowly is told once, and the others lose nothing") {
  event_feed feed{4};
  const auto slow = feed.subscribe(std::nullopt), quick = feed.subscribe(std::nullopt);
  for (int i = 0; i < 8; ++i) {
    feed.publish(feed_kind::state, i, std::to_string(i));
    CHECK(quick->take(0ms).size() == 1);
  }
  const auto items = slow->take(0ms);
  REQUIRE(items.size() <= 4);
  REQUIRE(items.size() >= 1);
  CHECK(items[0].kind == feed_kind::missed);
  CHECK(items.back().json == "7");
  feed.publish(feed_kind::state, 8, "8");
  CHECK(slow->take(0ms)[0].json == "8");
}

TEST_CASE("closing wakes who waits, and who comes later") {
  event_feed feed;
  const auto listener = feed.subscribe(1);
  std::jthread closing{[&] { feed.close(); }};
  const auto start = std::chrono::steady_clock::now();
  CHECK(listener->take(60s).empty());
  CHECK(std::chrono::steady_clock::now() - start < 30s);
  CHECK(listener->closed());
  CHECK(feed.subscribe(1)->closed());
}

TEST_CASE("a listener outlives its feed") {
  std::unique_ptr<event_feed::subscription> listener;
  {
    event_feed feed;
    listener = feed.subscribe(1);
  }
  CHECK(listener->closed());
  CHECK(listener->take(0ms).empty());
}

TEST_CASE("many publish while listeners come and go") {
  event_feed feed{100'000};
  const auto listener = feed.subscribe(std::nullopt);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i)
          feed.publish(feed_kind::state, i, "{}");
      });
    for (int i = 0; i < 200; ++i)
      feed.subscribe(std::nullopt)->take(0ms);
  }
  const auto items = listener->take(0ms);
  REQUIRE(items.size() == 3000);
  for (std::size_t i = 0; i < items.size(); ++i)
    REQUIRE(items[i].number == i + 1);
}

TEST_CASE("a stream gives what comes first, then what is told, then its end") {
  event_feed feed;
  slots places{1};
  event_stream stream{feed.subscribe(1), {{.kind = feed_kind::state, .job = 1, .json = "{\"id\":1}"}}, *places.take()};
  CHECK_FALSE(places.take());
  event_reader reader;
  CHECK(reader.read(*stream.next(0ms)) == std::vector<server_event>{{"state", "{\"id\":1}"}});
  CHECK(stream.next(0ms) == "");
  feed.publish(feed_kind::find, 1, "{}");
  CHECK(stream.next(0ms) == "id: 1\nevent: find\ndata: {}\n\n");
  feed.close();
  CHECK_FALSE(stream.next(0ms));
}

TEST_CASE("events are read from pieces of any size") {
  const std::string text = "retry: 3000\n\n: comment\n\nid: 4\nevent: state\ndata: {\"a\":1}\n\ndata:x\ndata: y\n\n";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    event_reader reader;
    std::vector<server_event> events;
    for (std::size_t from = 0; from < text.size(); from += size)
      for (auto& event : reader.read(std::string_view{text}.substr(from, size)))
        events.push_back(event);
    CHECK(events == std::vector<server_event>{{"state", "{\"a\":1}"}, {"", "x\ny"}});
  }
}

} // namespace timeloom
