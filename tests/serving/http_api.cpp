#include "serving/http_server.hpp"
#include "serving/page_files.hpp"
#include "tests/catch.hpp"
#include "tests/serving/served.hpp"

#include <nlohmann/json.hpp>

namespace timeloom::tests {

namespace {

nlohmann::json json_of(const raw_answer& answer) {
  CHECK(answer.headers.at("content-type") == "application/json");
  return nlohmann::json::parse(answer.body);
}

std::string code_of(const raw_answer& answer) {
  const auto json = json_of(answer);
  CHECK_FALSE(json["error"]["message"].get<std::string>().empty());
  return json["error"]["code"];
}

} // namespace

TEST_CASE("a submitted path becomes a job that can be looked at") {
  const served at;
  const auto path = at.folder.file("a.mp4", "x");
  const auto made = at.post("/v1/jobs", nlohmann::json{{"path", path}, {"lane", "batch"}}.dump());
  CHECK(made.status == 201);
  CHECK(made.headers.at("location") == "/v1/jobs/1");
  const auto job = json_of(at.get("/v1/jobs/1"));
  CHECK(job["path"] == path);
  CHECK(job["lane"] == "batch");
  CHECK(job["story"][0]["what"] == "seen");
  CHECK(json_of(at.get("/v1/jobs"))["jobs"].size() == 1);
}

TEST_CASE("the service's errors have their status") {
  const served at;
  const auto outside = at.post("/v1/jobs", R"({"path":"/etc/passwd"})");
  CHECK(outside.status == 403);
  CHECK(code_of(outside) == "not_allowed");
  CHECK(at.get("/v1/jobs/99").status == 404);
  CHECK(at.get("/v1/jobs/99/timeline").status == 404);
  CHECK(at.get("/v1/jobs/99/media").status == 404);
  CHECK(at.get("/v1/jobs/99/events").status == 404);
  CHECK(at.post("/v1/jobs", R"({"path":"relative.mp4"})").status == 400);
  CHECK(at.post("/v1/jobs", R"({"path":"/a\u0000b"})").status == 400);
  CHECK(at.post("/v1/jobs", "{").status == 400);
}

TEST_CASE("actions change a job, and a state that forbids one is a conflict") {
  served at;
  at.add_video("a.mp4", "x");
  CHECK(json_of(at.post("/v1/jobs/1/pause", ""))["state"] == "paused");
  CHECK(json_of(at.post("/v1/jobs/1/resume", ""))["state"] == "queued");
  const auto refused = at.post("/v1/jobs/1/retry", "");
  CHECK(refused.status == 409);
  CHECK(code_of(refused) == "conflict");
  CHECK(json_of(at.ask("DELETE", "/v1/jobs/1"))["state"] == "cancelled");
  CHECK(at.ask("DELETE", "/v1/jobs/1").status == 409);
  CHECK(json_of(at.post("/v1/queue/pause", ""))["paused"] == true);
  CHECK(json_of(at.get("/v1/jobs"))["paused"] == true);
  CHECK(json_of(at.post("/v1/queue/resume", ""))["paused"] == false);
}

TEST_CASE("a list is cut into pages and filtered by states") {
  served at;
  for (int i = 0; i < 5; ++i)
    at.does.add({.path = "/in/" + std::to_string(i), .state = i % 2 == 0 ? job_state::done : job_state::failed});
  const auto first = json_of(at.get("/v1/jobs?limit=2"));
  CHECK(first["jobs"][0]["id"] == 5);
  CHECK(first["next"] == 4);
  const auto second = json_of(at.get("/v1/jobs?limit=2&before=4"));
  CHECK(second["jobs"][0]["id"] == 3);
  CHECK(json_of(at.get("/v1/jobs?limit=2&before=2"))["next"].is_null());
  CHECK(json_of(at.get("/v1/jobs?state=failed"))["jobs"].size() == 2);
  CHECK(json_of(at.get("/v1/jobs?state=failed,done"))["jobs"].size() == 5);
  CHECK(json_of(at.get("/v1/jobs?state=failed&state=done"))["jobs"].size() == 5);
  CHECK(first["counts"]["done"] == 3);
  for (const auto* query : {"state=finished", "limit=0", "limit=501", "limit=1x", "before=-1", "colour=red"})
    CHECK(at.get("/v1/jobs?" + std::string{query}).status == 400);
}

TEST_CASE("a running job tells how far it is") {
  served at;
  const auto id = at.does.add({.path = "/in/a", .state = job_state::running});
  at.does.add({.path = "/in/b"});
  at.does.set_progress(id, {1, 10, 0.4, 2});
  CHECK(json_of(at.get("/v1/jobs/1"))["progress"]["frames"] == 10);
  CHECK(json_of(at.get("/v1/jobs/2"))["progress"].is_null());
}

TEST_CASE("media is sent whole, in parts, and not at all when the client has it") {
  served at;
  std::string bytes;
  for (int i = 0; i < 300'000; ++i)
    bytes += static_cast<char>(i * 7 + i / 251);
  at.add_video("a.MP4", bytes);
  const auto whole = at.get("/v1/jobs/1/media");
  CHECK(whole.status == 200);
  CHECK((whole.body == bytes));
  CHECK(whole.headers.at("content-type") == "video/mp4");
  CHECK(whole.headers.at("accept-ranges") == "bytes");
  const auto part = at.get("/v1/jobs/1/media", {"Range: bytes=100000-250000"});
  CHECK(part.status == 206);
  CHECK(part.headers.at("content-range") == "bytes 100000-250000/300000");
  CHECK((part.body == bytes.substr(100'000, 150'001)));
  CHECK((at.get("/v1/jobs/1/media", {"Range: bytes=-5"}).body == bytes.substr(299'995)));
  const auto behind = at.get("/v1/jobs/1/media", {"Range: bytes=300000-"});
  CHECK(behind.status == 416);
  CHECK(behind.headers.at("content-range") == "bytes */300000");
  CHECK(code_of(behind) == "no_such_range");
  CHECK(at.get("/v1/jobs/1/media", {"Range: bytes=0-1,4-5"}).status == 200);

  CHECK(at.get("/v1/jobs/1/media", {"range: bytes=x"}).status == 200);
  CHECK(at.get("/v1/jobs/1/media", {"RANGE: items=0-1"}).status == 200);

  const auto tag = whole.headers.at("etag");
  CHECK(at.get("/v1/jobs/1/media", {"If-None-Match: " + tag}).status == 304);
  CHECK(at.get("/v1/jobs/1/media", {"Range: bytes=0-1", "If-Range: " + tag}).status == 206);
  CHECK(at.get("/v1/jobs/1/media", {"Range: bytes=0-1", "If-Range: \"other\""}).status == 200);

  const auto head = at.ask("HEAD", "/v1/jobs/1/media");
  CHECK(head.status == 200);
  CHECK(head.headers.at("content-length") == "300000");
  CHECK(head.headers.at("content-type") == "video/mp4");
}

TEST_CASE("a timeline comes in the format that was asked for, under a name") {
  served at;
  at.add_video("a.mp4", "x");
  at.folder.file("1.json", "{}");
  at.folder.file("1.html", "<p>");
  const auto json = at.get("/v1/jobs/1/timeline");
  CHECK(json.body == "{}");
  CHECK(json.headers.at("content-type") == "application/json");
  CHECK(json.headers.at("content-disposition") == "inline; filename=\"1.json\"; filename*=UTF-8''1.json");
  CHECK(at.get("/v1/jobs/1/timeline?format=html").headers.at("content-disposition").starts_with("attachment"));
  CHECK(at.get("/v1/jobs/1/timeline?format=vtt").status == 404);
  CHECK(at.get("/v1/jobs/1/timeline?format=exe").status == 400);
  CHECK(at.get("/v1/jobs/1/timeline?format=../../token").status == 400);
}

TEST_CASE("thumbnails are pictures") {
  served at;
  at.add_video("a.mp4", "x");
  at.folder.file("1-0.jpg", "jpeg");
  const auto found = at.get("/v1/jobs/1/thumbnails/0");
  CHECK(found.body == "jpeg");
  CHECK(found.headers.at("content-type") == "image/jpeg");
  CHECK(at.get("/v1/jobs/1/thumbnails/1").status == 404);
  CHECK(at.get("/v1/jobs/1/thumbnails/99999999999").status == 404);
}

TEST_CASE("readiness says why not") {
  served at;
  CHECK(at.get("/ready").status == 200);
  at.does.reason = "line 3 of the configuration: no";
  const auto not_ready = at.get("/ready");
  CHECK(not_ready.status == 503);
  CHECK(json_of(not_ready)["reason"] == at.does.reason);
  CHECK(at.get("/metrics").headers.at("content-type").starts_with("text/plain; version=0.0.4"));
  CHECK(json_of(at.get("/health"))["status"] == "ok");
}

TEST_CASE("the page's files are open to all, and not sent twice") {
  const served at;
  for (const auto& file : page_files()) {
    const auto sent = at.get(file.path, {"Authorization: "});
    CHECK(sent.status == 200);
    CHECK((sent.body == file.content));
    CHECK(sent.headers.at("content-type") == file.type);
    CHECK(sent.headers.at("content-security-policy").find("default-src 'self'") != std::string::npos);
    CHECK(at.get(file.path, {"If-None-Match: " + sent.headers.at("etag")}).status == 304);
  }
  CHECK(at.get("/assets/none.js").status == 404);
}

TEST_CASE("unknown paths and methods are refused in JSON") {
  const served at;
  for (const auto* path : {"/v2/jobs", "/v1/jobs/", "/v1/jobs/x", "/v1/jobs/1/media/2", "/v1/jobs/1x", "//", "/v1",
                           "/v1/jobs/-1", "/../../etc/passwd", "/assets/../token", "/%2e%2e/token",
                           "/assets/%2e%2e%2ftoken", "/v1/jobs/99999999999999999999"}) {
    const auto refused = at.get(path);
    CHECK(refused.status == 404);
    CHECK(code_of(refused) == "not_found");
  }
  const auto wrong = at.ask("PUT", "/v1/jobs");
  CHECK(wrong.status == 405);
  CHECK(wrong.headers.at("allow") == "GET, HEAD, POST");
  CHECK(code_of(wrong) == "method_not_allowed");
}

TEST_CASE("answers carry the headers that keep browsers careful") {
  const served at;
  for (const auto* path : {"/", "/v1/jobs", "/nothing"}) {
    const auto sent = at.get(path);
    CHECK(sent.headers.at("x-content-type-options") == "nosniff");
    CHECK(sent.headers.at("referrer-policy") == "no-referrer");
    CHECK(sent.headers.at("cross-origin-resource-policy") == "same-origin");
    CHECK(sent.headers.at("x-frame-options") == "DENY");
  }
  CHECK(at.get("/v1/jobs").headers.at("cache-control") == "no-store");
}

TEST_CASE("one connection serves many requests, also when they come at once") {
  const served at;
  auto client = at.connect();
  std::string all;
  for (int i = 0; i < 20; ++i)
    all += at.request("GET", "/health");
  client.send(all + at.request("POST", "/v1/queue/pause") + at.request("HEAD", "/health") +
              at.request("GET", "/v1/jobs"));
  for (int i = 0; i < 21; ++i)
    CHECK(client.answer().status == 200);
  CHECK(client.answer(true).status == 200);
  CHECK(nlohmann::json::parse(client.answer().body)["paused"] == true);
}

} // namespace timeloom::tests
