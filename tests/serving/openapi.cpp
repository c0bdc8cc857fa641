// docs/openapi.json against what the server does.

#include "serving/routes.hpp"
#include "tests/catch.hpp"
#include "tests/serving/served.hpp"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

namespace timeloom::tests {

namespace {

using nlohmann::json;

const json& description() {
  static const json document = [] {
    std::ifstream file{TIMELOOM_SOURCE_DIR "/docs/openapi.json"};
    return json::parse(file);
  }();
  return document;
}

/// What a "$ref" names, or the thing itself.
const json& followed(const json& response) {
  if (!response.contains("$ref"))
    return response;
  return description().at(json::json_pointer{response["$ref"].get<std::string>().substr(1)});
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// "GET /v1/jobs 200"
std::string name_of(const std::string& method, const std::string& path, int status) {
  return method + " " + path + " " + std::to_string(status);
}

/// Complaints about JSON answers, by the name of each: whether it fits the schema that the description gives it.
std::vector<std::string> complaints(const std::vector<std::pair<std::string, json>>& answers) {
  json properties = json::object();
  for (const auto& [path, methods] : description()["paths"].items())
    for (const auto& [method, operation] : methods.items())
      for (const auto& [status, response] : operation["responses"].items())
        if (const auto& real = followed(response); real.contains("/content/application~1json/schema"_json_pointer)) {
          auto upper = method;
          std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
          properties[name_of(upper, path, std::stoi(status))] = real["content"]["application/json"]["schema"];
        }
  const temporary_folder folder;
  const auto schema = folder.file(
      "schema",
      json{{"properties", properties}, {"additionalProperties", false}, {"components", description()["components"]}}
          .dump());
  std::string lines;
  for (const auto& [name, answer] : answers)
    lines += json{{name, answer}}.dump() + "\n";
  REQUIRE(std::system((TIMELOOM_SOURCE_DIR "/tests/schema_check " + schema + " " + folder.file("answers", lines) +
                       " >" + folder.at("said"))
                          .c_str()) == 0);
  std::vector<std::string> found;
  std::ifstream said{folder.at("said")};
  for (std::string line; std::getline(said, line);) {
    const auto& name = answers.at(found.size()).first;
    found.push_back(line.empty() ? "" : name + ": " + line);
  }
  CHECK(found.size() == answers.size());
  return found;
}

struct request {
  std::string method, path, target; ///< `path` as in the description
  std::vector<std::string> headers;
  std::string body;
  int status;
};

/// At least one for each operation, with what it says when all is well and when it is not.
std::vector<request> requests(const served& at) {
  const std::string octets = "Content-Type: application/octet-stream", text = "Content-Type: application/json";
  const std::string stranger = "Authorization: ", id = "/v1/jobs/{id}";
  const auto token = json{{"token", at.token}}.dump(), path = json{{"path", at.folder.at("a.mp4")}}.dump();
  return {
      {"GET", "/", "/", {}, "", 200},
      {"GET", "/assets/{name}", "/assets/none", {}, "", 404},
      {"GET", "/health", "/health", {stranger}, "", 200},
      {"GET", "/health", "/health", {"Host: evil.example"}, "", 421},
      {"GET", "/ready", "/ready", {}, "", 200},
      {"GET", "/metrics", "/metrics", {}, "", 200},
      {"GET", "/metrics", "/metrics", {stranger}, "", 401},
      {"GET", "/stats", "/stats", {}, "", 200},
      {"POST", "/v1/session", "/v1/session", {text}, token, 204},
      {"POST", "/v1/session", "/v1/session", {text}, "{}", 400},
      {"POST", "/v1/session", "/v1/session", {text}, R"({"token":""})", 401},
      {"POST", "/v1/session", "/v1/session", {}, "", 415},
      {"GET", "/v1/session", "/v1/session", {}, "", 204},
      {"DELETE", "/v1/session", "/v1/session", {}, "", 204},
      {"DELETE", "/v1/session", "/v1/session", {"Origin: http://evil.example"}, "", 403},
      {"GET", "/v1/jobs", "/v1/jobs?limit=1&state=running", {}, "", 200},
      {"GET", "/v1/jobs", "/v1/jobs?limit=0", {}, "", 400},
      {"POST", "/v1/jobs", "/v1/jobs", {text}, path, 201},
      {"POST", "/v1/jobs", "/v1/jobs?name=b.mp4", {octets}, "bytes", 201},
      {"POST",
       "/v1/jobs",
       "/v1/jobs",
       {"Content-Type: multipart/form-data; boundary=B"},
       "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"c.mp4\"\r\n\r\nbytes\r\n--B--\r\n",
       201},
      {"POST", "/v1/jobs", "/v1/jobs", {octets, "Content-Length: "}, "", 411},
      {"POST", "/v1/jobs", "/v1/jobs", {octets, "Content-Length: 99999999999"}, "", 413},
      {"POST", "/v1/jobs", "/v1/jobs", {text}, R"({"path":"/etc/passwd"})", 403},
      {"GET", id, "/v1/jobs/1", {}, "", 200},
      {"GET", id, "/v1/jobs/2", {}, "", 200},
      {"GET", id, "/v1/jobs/999", {}, "", 404},
      {"POST", id + "/pause", "/v1/jobs/2/pause", {}, "", 200},
      {"POST", id + "/pause", "/v1/jobs/2/pause", {}, "", 409},
      {"POST", id + "/resume", "/v1/jobs/2/resume", {}, "", 200},
      {"DELETE", id, "/v1/jobs/2", {}, "", 200},
      {"DELETE", id, "/v1/jobs/2", {}, "", 409},
      {"POST", id + "/retry", "/v1/jobs/3/retry", {}, "", 200},
      {"POST", id + "/retry", "/v1/jobs/999/retry", {}, "", 404},
      {"GET", id + "/timeline", "/v1/jobs/1/timeline?format=json", {}, "", 200},
      {"GET", id + "/timeline", "/v1/jobs/1/timeline?format=mp3", {}, "", 400},
      {"GET", id + "/media", "/v1/jobs/1/media", {"Range: bytes=0-1"}, "", 206},
      {"GET", id + "/media", "/v1/jobs/1/media", {"Range: bytes=99-"}, "", 416},
      {"GET", id + "/thumbnails/{n}", "/v1/jobs/1/thumbnails/0", {}, "", 200},
      {"GET", id + "/events", "/v1/jobs/1/events", {}, "", 200},
      {"GET", id + "/events", "/v1/jobs/999/events", {}, "", 404},
      {"GET", "/v1/events", "/v1/events", {}, "", 200},
      {"GET", "/v1/events", "/v1/events", {}, "", 503},
      {"POST", "/v1/queue/pause", "/v1/queue/pause", {}, "", 200},
      {"POST", "/v1/queue/resume", "/v1/queue/resume", {}, "", 200},
      {"GET", "/v1/workers", "/v1/workers", {}, "", 200},
      {"GET", "/v1/models", "/v1/models", {}, "", 200},
  };
}

} // namespace

TEST_CASE("the server's routes are those of the OpenAPI file") {
  std::set<std::string> described, served_routes;
  for (const auto& [path, methods] : description()["paths"].items())
    for (const auto& [method, operation] : methods.items())
      described.insert(method + " " + path);
  for (const auto& route : routes::names())
    served_routes.insert(lower(std::string{route.method}) + " " + std::string{route.path});
  CHECK(described == served_routes);
}

TEST_CASE("every operation of the OpenAPI file answers as the file says") {
  served at{{.max_streams = 2}};
  at.add_video("a.mp4", "video");
  at.does.add({.path = "/in/b.mp4", .created = wall_time{std::chrono::milliseconds{5}}});
  at.does.add({.path = "/in/c.mp4",
               .state = job_state::done,
               .content_sha256 = std::string(64, 'a'),
               .formats = {"json"},
               .result_of = 1});
  const auto running = at.does.add(
      {.path = "/in/d.mp4", .state = job_state::running, .not_before = wall_time{std::chrono::milliseconds{5}}});
  at.does.set_progress(running, {1, 2, 0.5, 9});
  at.folder.file("1.json", "{}");
  at.folder.file("1-0.jpg", "jpeg");

  std::vector<std::pair<std::string, json>> answers;
  std::vector<raw_client> streams;
  std::set<std::string> asked;
  for (const auto& one : requests(at)) {
    CAPTURE(one.method, one.target, one.status);
    auto client = at.connect();
    client.send(at.request(one.method, one.target, one.headers, one.body));
    const auto answer = client.answer();
    CHECK(answer.status == one.status);
    const auto& operation = description()["paths"][one.path][lower(one.method)];
    asked.insert(lower(one.method) + " " + one.path);
    const auto& responses = operation["responses"];
    REQUIRE(responses.contains(std::to_string(one.status)));
    const auto& response = followed(responses[std::to_string(one.status)]);
    const auto type = answer.headers.contains("content-type") ? answer.headers.at("content-type") : "";
    CHECK(response.contains("content") == !type.empty());
    if (response.contains("content") && !response["content"].contains("*/*")) {
      const auto plain = type.substr(0, type.find(';')), any = plain.substr(0, plain.find('/')) + "/*";
      CHECK((response["content"].contains(plain) || response["content"].contains(any)));
    }
    const auto headers = response.value("headers", json::object());
    for (const auto& header : headers.items())
      CHECK(answer.headers.contains(lower(header.key())));
    if (type == "application/json")
      answers.emplace_back(name_of(one.method, one.path, one.status), json::parse(answer.body));
    if (type == "text/event-stream")
      streams.push_back(std::move(client)); // holds its place
  }
  for (const auto& route : routes::names())
    CHECK(asked.contains(lower(std::string{route.method}) + " " + std::string{route.path}));

  for (const auto& complaint : complaints(answers))
    CHECK(complaint == "");
  answers = {{"GET /v1/jobs 200", json{{"jobs", 1}}}, {"GET /v1/cows 200", json::object()}};
  for (const auto& complaint : complaints(answers))
    CHECK(complaint != "");
}

} // namespace timeloom::tests
