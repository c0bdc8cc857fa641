#include "serving/http_client.hpp"

#include "serving/job_json.hpp"
#include "tests/catch.hpp"
#include "tests/serving/served.hpp"

#include <cstdlib>
#include <sys/stat.h>

namespace timeloom::tests {

TEST_CASE("the client submits, asks and cancels") {
  const served at;
  http_client client{{.url = at.server->url(), .token = at.token}};
  const auto made =
      client.post("/v1/jobs", to_json_text({.path = at.folder.file("a.mp4", "x")})).and_then(job_from_json);
  REQUIRE(made);
  CHECK(made->entry.id == 1);
  CHECK(client.get("/v1/jobs").and_then(listing_from_json)->jobs.size() == 1);
  CHECK(client.del("/v1/jobs/1").and_then(job_from_json)->entry.state == job_state::cancelled);
}

TEST_CASE("the client's errors are the daemon's") {
  const served at;
  http_client client{{.url = at.server->url(), .token = at.token}};
  CHECK(client.get("/v1/jobs/9").error() == error{errc::not_found, "there is no job 9"});
  CHECK(client.post("/v1/jobs/9/retry").error().code == errc::not_found);
  http_client stranger{{.url = at.server->url(), .token = "wrong"}};
  CHECK(stranger.get("/v1/jobs").error() == error{errc::not_allowed, "the token is wrong"});
  CHECK(stranger.listen("/v1/events", [](const server_event&) { return false; }).error().code == errc::not_allowed);
  http_client nowhere{{.url = "http://127.0.0.1:1", .token = "x"}};
  CHECK(nowhere.get("/health").error().code == errc::io);
}

TEST_CASE("the client hears events until it has enough") {
  served at;
  at.add_video("a.mp4", "x");
  http_client client{{.url = at.server->url(), .token = at.token}};
  std::vector<std::string> kinds;
  const auto heard = client.listen("/v1/jobs/1/events", [&](const server_event& event) {
    kinds.push_back(event.kind);
    if (event.kind == "state")
      at.does.feed().publish(feed_kind::progress, 1, progress_text(1, {}));
    return event.kind != "progress";
  });
  CHECK(heard);
  CHECK(kinds == std::vector<std::string>{"state", "progress"});
}

TEST_CASE("what happens once a stream is open is heard") {
  served at;
  http_client client{{.url = at.server->url(), .token = at.token}};
  int opened = 0, heard = 0;
  const auto all = client.listen(
      "/v1/events",
      [&](const server_event&) {
        ++heard;
        return false;
      },
      [&] {
        ++opened;
        at.does.feed().publish(feed_kind::progress, 1, progress_text(1, {}));
        return true;
      });
  CHECK(all);
  CHECK(opened == 1);
  CHECK(heard == 1);
  CHECK(client.listen(
      "/v1/events", [](const server_event&) { return true; }, [] { return false; }));
}

TEST_CASE("with a certificate all of it is encrypted") {
  const temporary_folder folder;
  const auto certificate = folder.at("cert.pem"), key = folder.at("key.pem");
  REQUIRE(std::system(
              ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=timeloom"
               " -addext subjectAltName=IP:127.0.0.1 -keyout " +
               key + " -out " + certificate + " 2>/dev/null")
                  .c_str()) == 0);
  served at{{.tls_certificate = certificate, .tls_key = key}};
  CHECK(at.server->url().starts_with("https://127.0.0.1:"));
  at.add_video("a.mp4", std::string(3'000'000, 'v'));
  http_client client{{.url = at.server->url(), .token = at.token, .ca_certificate = certificate}};
  CHECK(client.get("/v1/jobs/1").and_then(job_from_json)->entry.id == 1);
  CHECK(client.get("/v1/jobs/1/media")->size() == 3'000'000);
  http_client distrustful{{.url = at.server->url(), .token = at.token}};
  CHECK_FALSE(distrustful.get("/health"));
  CHECK(at.get("/health").status == 0); // plain HTTP gets no answer
  const auto start = std::chrono::steady_clock::now();
  auto silent = at.connect();
  at.server.reset();
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{4});
}

TEST_CASE("a server that cannot start says why") {
  const temporary_folder folder;
  fake_service does{folder.path().string()};
  const auto start = [&](http_options options) {
    options.token_file = folder.at("token");
    return http_server::start(options, does);
  };
  const auto first = start({.port = 0});
  REQUIRE(first);
  const auto port = std::stoi(first->url().substr(first->url().rfind(':') + 1));
  const auto second = start({.port = port});
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find("already in use") != std::string::npos);
  CHECK(start({.address = "no such address", .port = 0}).error().code == errc::invalid_config);
  const auto text = folder.file("cert.pem", "no certificate");
  CHECK(start({.port = 0, .tls_certificate = text, .tls_key = text}).error().code == errc::invalid_config);
  ::chmod(folder.at("token").c_str(), 0644);
  CHECK(start({.port = 0}).error().code == errc::not_allowed);
}

} // namespace timeloom::tests
