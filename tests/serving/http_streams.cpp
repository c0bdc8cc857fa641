#include "tests/catch.hpp"
#include "tests/serving/served.hpp"

#include <nlohmann/json.hpp>
#include <thread>

namespace timeloom::tests {

namespace {

using steady = std::chrono::steady_clock;

raw_client stream(const served& at, std::string_view path, const std::vector<std::string>& headers = {}) {
  auto client = at.connect();
  client.send(at.request("GET", path, headers));
  return client;
}

} // namespace

TEST_CASE("a stream of a job begins with its state and tells what happens") {
  served at;
  at.add_video("a.mp4", "x");
  auto client = stream(at, "/v1/jobs/1/events");
  REQUIRE(client.hears("event: state\ndata: {\"id\":1,"));
  at.does.feed().publish(feed_kind::find, 1, R"({"analyzer":"cut_analysis","job":1})");
  at.does.feed().publish(feed_kind::state, 2, R"({"id":2})");
  at.does.feed().publish(feed_kind::progress, 1, R"({"id":1,"frames":5})");
  CHECK(client.hears("event: find\ndata: {\"analyzer\":\"cut_analysis\",\"job\":1}\n\n"));
  CHECK(client.hears("\"frames\":5}\n\n"));
  const auto all = client.receive(std::chrono::milliseconds{0});
  CHECK(all.starts_with("HTTP/1.1 200"));
  CHECK(all.find("Content-Type: text/event-stream") != std::string::npos);
  CHECK(all.find("\"id\":2") == std::string::npos);
}

TEST_CASE("a client that comes back is told that it missed something") {
  const served at;
  auto client = stream(at, "/v1/events", {"Last-Event-ID: 17"});
  CHECK(client.hears("event: missed"));
}

TEST_CASE("streams are counted, and given back when their client goes") {
  const served at{{.max_streams = 2}};
  auto first = stream(at, "/v1/events");
  REQUIRE(first.hears("retry"));
  {
    auto second = stream(at, "/v1/events");
    REQUIRE(second.hears("retry"));
    const auto refused = at.get("/v1/events");
    CHECK(refused.status == 503);
    CHECK(nlohmann::json::parse(refused.body)["error"]["code"] == "too_many_streams");
    CHECK(at.ask("HEAD", "/v1/events").status == 200);
  }
  const auto until = steady::now() + std::chrono::seconds{5};
  bool again = false;
  while (!again && steady::now() < until)
    again = stream(at, "/v1/events").answer(true).status == 200;
  CHECK(again);
}

TEST_CASE("open streams keep nobody waiting, not with a single thread for requests") {
  const served at{{.max_streams = 64, .threads = 1}};
  std::vector<raw_client> streams;
  for (int i = 0; i < 64; ++i) {
    streams.push_back(stream(at, "/v1/events"));
    REQUIRE(streams.back().hears("retry"));
  }
  for (const auto* path : {"/health", "/ready", "/metrics", "/v1/jobs"})
    CHECK(at.get(path).status == 200);
}

TEST_CASE("who waits for the service holds up neither health nor readiness nor metrics") {
  served at{{.threads = 1}};
  at.add_video("a.mp4", "x");
  at.does.held = true;
  auto slow = at.connect(), waiting = at.connect();
  slow.send(at.request("DELETE", "/v1/jobs/1"));
  waiting.send(at.request("GET", "/v1/jobs/1"));
  std::this_thread::sleep_for(std::chrono::milliseconds{50});
  for (const auto* path : {"/health", "/ready", "/metrics"})
    CHECK(at.get(path).status == 200);
  at.does.held = false;
  at.does.held.notify_all();
  CHECK(slow.answer().status == 200);
  CHECK(waiting.answer().status == 200);
}

TEST_CASE("a stream whose client reads nothing is dropped, and publishing never waits for it") {
  served at{{.slow_client = std::chrono::seconds{1}}};
  raw_client client{at.port, 2048};
  client.send(at.request("GET", "/v1/events"));
  REQUIRE(client.hears("retry"));
  const std::string large(200'000, 'x');
  const auto start = steady::now();
  for (int i = 0; i < 100; ++i) {
    at.does.feed().publish(feed_kind::state, 1, "\"" + large + "\"");
    std::this_thread::sleep_for(std::chrono::milliseconds{15});
  }
  CHECK(steady::now() - start < std::chrono::seconds{10});
  // What the kernel still holds comes, then the end: far less than was published.
  std::this_thread::sleep_for(std::chrono::milliseconds{1500});
  const auto got = client.receive(std::chrono::seconds{3}, 40'000'000);
  CHECK(got.size() < 15'000'000);
  CHECK(client.ends());
}

TEST_CASE("the end of the server ends streams, idle connections and requests at once") {
  served at;
  auto streaming = stream(at, "/v1/events");
  REQUIRE(streaming.hears("retry"));
  auto idle = at.connect(), half = at.connect();
  half.send("GET /health HTTP/1.1\r\nHost:");
  const auto start = steady::now();
  at.server.reset();
  CHECK(steady::now() - start < std::chrono::seconds{2});
  CHECK(streaming.ends(std::chrono::milliseconds{100}));
  CHECK(idle.ends(std::chrono::milliseconds{100}));
  CHECK(half.ends(std::chrono::milliseconds{100}));
}

TEST_CASE("a stream ends with its feed") {
  served at;
  auto client = stream(at, "/v1/events");
  REQUIRE(client.hears("retry"));
  at.does.feed().close();
  CHECK(client.hears("\r\n0\r\n\r\n"));
}

} // namespace timeloom::tests
