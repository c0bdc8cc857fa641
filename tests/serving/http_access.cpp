#include "tests/catch.hpp"
#include "tests/serving/served.hpp"

#include <nlohmann/json.hpp>

namespace timeloom::tests {

namespace {

std::string cookie_of(const raw_answer& answer) {
  const auto& set = answer.headers.at("set-cookie");
  return set.substr(0, set.find(';'));
}

std::string sign_in(const served& at) {
  const auto answer = at.post("/v1/session", nlohmann::json{{"token", at.token}}.dump(), {"Authorization: "});
  REQUIRE(answer.status == 204);
  return "Cookie: other=1; " + cookie_of(answer);
}

} // namespace

TEST_CASE("without the token only what is open answers") {
  const served at;
  CHECK(at.get("/health", {"Authorization: "}).status == 200);
  CHECK(at.get("/", {"Authorization: "}).status == 200);
  for (const auto* path : {"/v1/jobs", "/v1/jobs/1", "/v1/jobs/1/media", "/v1/jobs/1/timeline", "/v1/jobs/1/events",
                           "/v1/events", "/ready", "/metrics", "/stats", "/v1/workers", "/v1/models", "/v1/session"}) {
    const auto refused = at.get(path, {"Authorization: "});
    CHECK(refused.status == 401);
    CHECK(nlohmann::json::parse(refused.body)["error"]["code"] == "unauthorized");
  }
  for (const auto& header : {"Bearer ", "Bearer x", "Basic abc", "bearer", "x"})
    CHECK(at.get("/v1/jobs", {"Authorization: " + std::string{header} + " "}).status == 401);
  CHECK(at.get("/v1/jobs", {"Authorization: Bearer " + at.token + "x"}).status == 401);
  CHECK(at.get("/v1/jobs?token=" + at.token, {"Authorization: "}).status == 401);
}

TEST_CASE("the token is exchanged for a cookie that no script sees, until it is closed") {
  const served at;
  const auto answer = at.post("/v1/session", nlohmann::json{{"token", at.token}}.dump(), {"Authorization: "});
  REQUIRE(answer.status == 204);
  const auto& set = answer.headers.at("set-cookie");
  for (const auto* part : {"; HttpOnly", "; SameSite=Strict", "; Path=/"})
    CHECK(set.find(part) != std::string::npos);
  CHECK(set.find(at.token) == std::string::npos);
  CHECK(set.find("Secure") == std::string::npos);

  const auto cookie = "Cookie: " + cookie_of(answer);
  CHECK(at.get("/v1/session", {"Authorization: ", cookie}).status == 204);
  CHECK(at.get("/v1/jobs", {"Authorization: ", cookie}).status == 200);
  CHECK(at.ask("DELETE", "/v1/session", {"Authorization: ", cookie}).status == 204);
  CHECK(at.get("/v1/session", {"Authorization: ", cookie}).status == 401);
  CHECK(at.get("/v1/jobs", {"Authorization: ", "Cookie: timeloom_session_1=" + at.token}).status == 401);
}

TEST_CASE("wrong tokens are refused, too many of them for a minute, and the right one never") {
  const served at;
  const auto wrong = [&] { return at.post("/v1/session", R"({"token":"wrong"})", {"Authorization: "}); };
  int refused = 0;
  raw_answer last;
  for (int i = 0; i < 30; ++i) {
    last = wrong();
    refused += last.status == 401 ? 1 : 0;
  }
  CHECK(refused == 20);
  CHECK(last.status == 429);
  CHECK(last.headers.at("retry-after") == "60");
  CHECK(at.get("/v1/jobs", {"Authorization: Bearer wrong"}).status == 429);
  CHECK(at.get("/v1/jobs").status == 200);
  sign_in(at);
  for (const auto* body : {"", "{}", "[]", R"({"token":1})", "\xff"})
    CHECK(at.post("/v1/session", body, {"Authorization: "}).status == 400);
}

TEST_CASE("a cookie alone changes nothing, unless the own page asks") {
  served at;
  at.add_video("a.mp4", "x");
  const auto cookie = sign_in(at);
  const auto own = "Origin: http://127.0.0.1:" + std::to_string(at.port);
  CHECK(at.post("/v1/jobs/1/pause", "", {"Authorization: ", cookie}).status == 403);
  CHECK(at.post("/v1/jobs/1/pause", "", {"Authorization: ", cookie, "Origin: http://evil.example"}).status == 403);
  CHECK(at.post("/v1/jobs/1/pause", "", {"Authorization: ", cookie, "Sec-Fetch-Site: same-site"}).status == 403);
  CHECK(at.post("/v1/jobs/1/pause", "", {"Authorization: ", cookie, own}).status == 200);
  CHECK(at.post("/v1/jobs/1/resume", "", {"Authorization: ", cookie, "Sec-Fetch-Site: same-origin"}).status == 200);
}

TEST_CASE("pages of other sites get nothing, whatever they bring") {
  served at;
  at.add_video("a.mp4", "x");
  const auto cookie = sign_in(at);
  for (const auto* path : {"/v1/jobs", "/v1/jobs/1/media", "/v1/events", "/v1/jobs/1/events"}) {
    CHECK(at.get(path, {"Origin: http://evil.example"}).status == 403);
    CHECK(at.get(path, {"Authorization: ", cookie, "Sec-Fetch-Site: cross-site"}).status == 403);
  }
  CHECK(at.post("/v1/session", nlohmann::json{{"token", at.token}}.dump(), {"Origin: http://evil.example"}).status ==
        403);
  CHECK(at.get("/", {"Sec-Fetch-Site: cross-site"}).status == 200);
}

TEST_CASE("a name that is not the server's gets nothing, so that names cannot be bound to it") {
  const served at{{.allowed_hosts = {"timeloom.example"}}};
  for (const auto* host : {"evil.example", "evil.example:80", "127.0.0.1:1", "127.0.0.1"})
    for (const auto* path : {"/", "/health", "/v1/jobs"})
      CHECK(at.get(path, {"Host: " + std::string{host}}).status == 421);
  CHECK(at.get("/v1/jobs", {"Host: timeloom.example"}).status == 200);
  CHECK(at.get("/v1/jobs", {"Host: localhost:" + std::to_string(at.port)}).status == 200);
}

} // namespace timeloom::tests
