#include "serving/upload.hpp"
#include "tests/catch.hpp"
#include "tests/serving/served.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

namespace timeloom::tests {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const std::vector<std::string> octets{"Content-Type: application/octet-stream"};

bool becomes_empty(const fs::path& folder) {
  for (int i = 0; i < 500; ++i) {
    if (fs::is_empty(folder))
      return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return false;
}

/// With the boundary of a browser, and what it sends before and behind.
std::string form_of(const std::string& name, const std::string& bytes) {
  const std::string line = "------WebKitFormBoundary7MA4";
  return line + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name +
         "\"\r\nContent-Type: video/mp4\r\n\r\n" + bytes + "\r\n" + line + "--\r\n";
}

std::string contents(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// One that was taken whole; its path.
std::string whole_upload(const temporary_folder& folder) {
  auto whole = upload::begin(folder.path(), 3, 0);
  REQUIRE(whole);
  REQUIRE(whole->write(std::string{"abc"}));
  auto path = whole->finish("a.mp4").value();
  whole->keep();
  return path;
}

} // namespace

TEST_CASE("an upload is a file of its name in a folder of its own, and a job") {
  const served at;
  std::string bytes(700'000, 'v');
  bytes[300'001] = '\0';
  const auto made = at.ask("POST", "/v1/jobs?name=my%20film.mp4", octets, bytes);
  REQUIRE(made.status == 201);
  const auto path = nlohmann::json::parse(made.body)["path"].get<std::string>();
  CHECK(path.starts_with(at.folder.at("uploads") + "/"));
  CHECK(path.ends_with("/my film.mp4"));
  CHECK((contents(path) == bytes));
  CHECK(std::distance(fs::directory_iterator{fs::path{path}.parent_path()}, {}) == 1);
}

TEST_CASE("the name may come by Content-Disposition") {
  const served at;
  for (const auto* header : {"filename=\"b.mp4\"", "filename=b.mp4"}) {
    auto headers = octets;
    headers.push_back("Content-Disposition: attachment; " + std::string{header});
    CHECK(nlohmann::json::parse(at.ask("POST", "/v1/jobs", headers, "x").body)["name"] == "b.mp4");
  }
  CHECK(at.ask("POST", "/v1/jobs", octets, "x").status == 400);
}

TEST_CASE("a form as browsers and curl send it is an upload") {
  const served at;
  const std::vector<std::string> form{"Content-Type: multipart/form-data; boundary=----WebKitFormBoundary7MA4"};
  std::string bytes(700'000, 'v');
  bytes.replace(300'001, 24, "\r\n------WebKitFormBoundar");
  const auto made = at.ask("POST", "/v1/jobs", form, form_of("../my \\\"film\\\".mp4", bytes));
  REQUIRE(made.status == 201);
  const auto path = nlohmann::json::parse(made.body)["path"].get<std::string>();
  CHECK(path.starts_with(at.folder.at("uploads") + "/"));
  CHECK(path.ends_with("/my \"film\".mp4"));
  CHECK((contents(path) == bytes));
  const auto renamed = at.ask("POST", "/v1/jobs?name=b.mp4", form, form_of("a.mp4", "x"));
  CHECK(nlohmann::json::parse(renamed.body)["name"] == "b.mp4");
}

TEST_CASE("a form that is none, has no file or more than one, or ends early is refused and leaves nothing behind") {
  const served at;
  const auto refused = [&](const std::string& body, const std::string& boundary = "; boundary=B") {
    return at.ask("POST", "/v1/jobs", {"Content-Type: multipart/form-data" + boundary}, body).status;
  };
  const std::string head = "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.mp4\"\r\n\r\n";
  CHECK(refused(head + "x\r\n--B--\r\n") == 201);
  CHECK(refused(head + "x\r\n--B--\r\n", "") == 400);
  CHECK(refused(head + "x\r\n--B--\r\n", "; boundary=" + std::string(71, 'B')) == 400);
  CHECK(refused(head + "x") == 400);
  CHECK(refused(head + "x\r\n--B-") == 400);
  CHECK(refused(head + "\r\n--B--\r\n") == 400);
  CHECK(refused(head + "x\r\n" + head + "y\r\n--B--\r\n") == 400);
  CHECK(refused("--B--\r\n") == 400);
  CHECK(refused("no form at all") == 400);
  CHECK(refused("--B\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nx\r\n--B--\r\n") == 400);
  CHECK(refused("--B\r\n" + std::string(100'000, 'h')) == 400);
  CHECK(refused("--B\r\nContent-Disposition: form-data; filename=\"..\"\r\n\r\nx\r\n--B--\r\n") == 400);
  CHECK(std::distance(fs::directory_iterator{at.folder.at("uploads")}, {}) == 1);
}

TEST_CASE("a form of 10 GB is refused before its first byte") {
  const served at;
  auto client = at.connect();
  client.send(
      at.request("POST", "/v1/jobs", {"Content-Type: multipart/form-data; boundary=B", "Content-Length: 10000000000"}));
  CHECK(client.answer().status == 413);
  CHECK(client.ends(std::chrono::seconds{2}));
  CHECK(fs::is_empty(at.folder.path() / "uploads"));
}

TEST_CASE("an upload of 10 GB is refused before its first byte, and the connection ended") {
  const served at;
  auto headers = octets;
  headers.emplace_back("Content-Length: 10000000000");
  for (const bool waits : {false, true}) {
    if (waits)
      headers.emplace_back("Expect: 100-continue");
    auto client = at.connect();
    client.send(at.request("POST", "/v1/jobs?name=a.mp4", headers));
    const auto refused = client.answer();
    CHECK(refused.status == 413);
    CHECK(refused.headers.at("connection") == "close");
    CHECK(nlohmann::json::parse(refused.body)["error"]["code"] == "too_large");
    CHECK(client.ends(std::chrono::seconds{2}));
  }
  CHECK(fs::is_empty(at.folder.path() / "uploads"));
}

TEST_CASE("an upload that leaves too little of the disk is refused before its first byte") {
  served at;
  const auto free = static_cast<std::int64_t>(fs::space(at.folder.path()).available);
  at.does.least_free = free / 2;
  CHECK(at.ask("POST", "/v1/jobs?name=a.mp4", octets, "x").status == 201);
  at.does.least_free = std::numeric_limits<std::int64_t>::max();
  auto headers = octets;
  headers.emplace_back("Content-Length: 1000");
  auto client = at.connect();
  client.send(at.request("POST", "/v1/jobs?name=b.mp4", headers));
  const auto refused = client.answer();
  CHECK(refused.status == 507);
  CHECK(nlohmann::json::parse(refused.body)["error"]["code"] == "no_room");
  CHECK(std::distance(fs::directory_iterator{at.folder.at("uploads")}, {}) == 1);
}

TEST_CASE("who goes on sending a refused upload still gets the answer") {
  const served at;
  auto headers = octets;
  headers.emplace_back("Content-Length: 10000000000");
  auto client = at.connect();
  client.send(at.request("POST", "/v1/jobs?name=a.mp4", headers) + std::string(500'000, 'x'));
  CHECK(client.answer().status == 413);
}

TEST_CASE("a client that waits to be told so is told to send") {
  const served at;
  auto headers = octets;
  headers.insert(headers.end(), {"Content-Length: 5", "Expect: 100-continue"});
  auto client = at.connect();
  client.send(at.request("POST", "/v1/jobs?name=a.mp4", headers));
  CHECK(client.answer(true).status == 100);
  client.send("hello");
  CHECK(client.answer().status == 201);
}

TEST_CASE("an upload without the token is refused before its body") {
  const served at;
  auto headers = octets;
  headers.insert(headers.end(), {"Content-Length: 500000", "Authorization: "});
  auto client = at.connect();
  client.send(at.request("POST", "/v1/jobs?name=a.mp4", headers));
  CHECK(client.answer().status == 401);
  CHECK(client.ends());
}

TEST_CASE("a broken upload leaves nothing behind") {
  const served at;
  auto headers = octets;
  headers.emplace_back("Content-Length: 500000");
  {
    auto client = at.connect();
    client.send(at.request("POST", "/v1/jobs?name=a.mp4", headers) + std::string(100'000, 'x'));
    while (fs::is_empty(at.folder.path() / "uploads"))
      std::this_thread::yield();
  }
  CHECK(becomes_empty(at.folder.path() / "uploads"));
  CHECK(nlohmann::json::parse(at.get("/v1/jobs").body)["jobs"].empty());
}

TEST_CASE("an upload that stands still is ended, and leaves nothing behind") {
  const served at{{.slow_client = std::chrono::seconds{1}}};
  auto headers = octets;
  headers.emplace_back("Content-Length: 500000");
  auto client = at.connect();
  client.send(at.request("POST", "/v1/jobs?name=a.mp4", headers) + std::string(100'000, 'x'));
  CHECK(client.answer().status == 504);
  CHECK(client.ends());
  CHECK(becomes_empty(at.folder.path() / "uploads"));
}

TEST_CASE("bodies of unknown length, of other types and in other codings are refused") {
  const served at;
  const auto refused = [&](std::vector<std::string> headers, const char* body = "") {
    auto client = at.connect();
    client.send(at.request("POST", "/v1/jobs?name=a", std::move(headers), body));
    return client.answer().status;
  };
  CHECK(refused({octets[0], "Content-Length: "}) == 411);
  CHECK(refused({octets[0], "Content-Length: ", "Transfer-Encoding: chunked"}, "0\r\n\r\n") == 411);
  CHECK(refused({"Content-Type: text/plain"}, "x") == 415);
  CHECK(refused({octets[0], "Content-Encoding: gzip"}, "x") == 415);
  CHECK(refused({octets[0]}, "") == 400);
  CHECK(refused({octets[0], "Content-Length: -1"}) == 400);
  CHECK(refused({octets[0], "Content-Length: 1x"}) == 400);
  CHECK(refused({octets[0], "Content-Length: 99999999999999999999"}) == 400);
  CHECK(refused({"Content-Type: application/json", "Content-Length: 70000"}) == 413);
}

TEST_CASE("names of uploads lead nowhere") {
  CHECK(upload_name("a.mp4") == "a.mp4");
  CHECK(upload_name("../../etc/passwd") == "passwd");
  CHECK(upload_name("C:\\films\\a.mp4") == "a.mp4");
  CHECK(upload_name("..").empty());
  CHECK(upload_name("/").empty());
  CHECK(upload_name(".incoming") == "incoming");
  CHECK(upload_name("a\nb\x7f.mp4") == "ab.mp4");
  CHECK(upload_name(std::string_view{"a\0b.mp4", 7}) == "ab.mp4");
  CHECK(upload_name("日本.mp4") == "日本.mp4");
  std::string longer;
  for (int i = 0; i < 300; ++i)
    longer += "é";
  const auto cut = upload_name(longer + ".mp4");
  CHECK(cut.size() <= 200);
  CHECK(cut.size() >= 198);
  CHECK(cut.ends_with("é.mp4"));
  CHECK(upload_name(std::string(500, 'x')).size() == 200);
}

TEST_CASE("an upload stays until its jobs have been over for a while") {
  const temporary_folder folder, state;
  auto jobs = journal::open(state.at("journal.db")).value();
  const auto path = whole_upload(folder);
  const auto noon = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto stays = [&](wall_time over_before) {
    REQUIRE(sweep_uploads(folder.path(), jobs, noon + 1h, over_before));
    return fs::exists(path);
  };
  const auto job = jobs.add({{.path = path}}, noon)->front().id;
  const auto other = jobs.add({{.path = path, .analyzers = {"x"}}}, noon)->front().id;
  CHECK(stays(noon + 1h));
  REQUIRE(jobs.end(job, job_state::failed, "no video", noon + 1min));
  CHECK(stays(noon + 1h));
  REQUIRE(jobs.start(other, noon + 2min));
  CHECK(stays(noon + 1h));
  REQUIRE(jobs.end(other, job_state::cancelled, "", noon + 3min));
  CHECK(stays(noon + 2min));
  REQUIRE(jobs.retry(job, noon + 4min));
  CHECK(stays(noon + 1h));
  REQUIRE(jobs.cancel(job, noon + 5min));
  CHECK_FALSE(stays(noon + 6min));
  CHECK(folder.files() == 0);
}

TEST_CASE("uploads without a job go when the process that took them is gone, whole or not") {
  const temporary_folder folder, state;
  auto jobs = journal::open(state.at("journal.db")).value();
  whole_upload(folder);
  fs::create_directory(folder.path() / "cut");
  folder.file("cut/.incoming", "ab");
  folder.file("no upload", "x");
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  REQUIRE(sweep_uploads(folder.path(), jobs, now - 1min, now));
  CHECK(folder.files() == 3); // they may be on their way
  REQUIRE(sweep_uploads(folder.path(), jobs, now + 1min, now));
  CHECK(folder.files() == 1);
  CHECK(sweep_uploads(folder.at("not there"), jobs, now, now));
}

} // namespace timeloom::tests
