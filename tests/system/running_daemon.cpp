#include "tests/system/running_daemon.hpp"

#include "tests/catch.hpp"

#include <csignal>
#include <fstream>

namespace timeloom::tests {

using nlohmann::json;

namespace {

constexpr const char* mark = "TIMELOOM_TEST_FOLDER";

bool is_over(const json& job) {
  const auto state = job.at("state").get<std::string>();
  return state != "queued" && state != "paused" && state != "running" && state != "publishing";
}

} // namespace

void write_daemon_configuration(const temporary_folder& folder, const daemon_settings& settings) {
  fs::create_directories(folder.path("watch"));
  fs::create_directories(folder.path(settings.output));
  const auto path = [&](const std::string& name) { return json(folder.path(name)).dump(); };
  std::string watch = settings.watch;
  for (const std::string usual : {"settle_s: 0.05", "unfinished_s: 0"}) // unless the test has its own
    if (!has(watch, usual.substr(0, usual.find(':'))))
      watch += (watch.empty() ? "" : ", ") + usual;
  folder.write("c.yaml", "output: {dir: " + path(settings.output) + "}\n" +                            //
                             "daemon: {state_dir: " + path("state") + ", " + settings.daemon + "}\n" + //
                             "watch: {folders: [" + path("watch") + "], " + watch + "}\n" + "http: {port: 0, " +
                             settings.http + "}\n" + //
                             "analyzers: {" + settings.analyzers + "}\n" + settings.more);
}

std::string make_tiny_clip(const temporary_folder& folder, const std::string& name, int number) {
  return make_clip(folder, name, "testsrc2=size=160x90:rate=25,hue=h=" + std::to_string(10 * number), 0.4);
}

void copy_with_tail(const std::string& from, const std::string& to, const std::string& tail) {
  // A box of its own kind at the end, whole with the file: the name is given last.
  const auto size = static_cast<std::uint32_t>(8 + tail.size());
  std::string box{static_cast<char>(size >> 24), static_cast<char>(size >> 16), static_cast<char>(size >> 8),
                  static_cast<char>(size)};
  std::ofstream{to + ".part", std::ios::binary} << read_file(from) << box << "free" << tail;
  fs::rename(to + ".part", to);
}

std::vector<pid_t> processes_of(const temporary_folder& folder) {
  std::vector<pid_t> found;
  const auto wanted = std::string{mark} + "=" + folder.path() + '\0';
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{"/proc", none}) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos && has(read_file(entry.path() / "environ"), wanted) &&
        is_alive(static_cast<pid_t>(std::stol(name))))
      found.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return found;
}

running_daemon::running_daemon(const temporary_folder& folder, const std::vector<std::string>& variables,
                               const std::vector<std::string>& prefix)
    : folder_(folder) {
  std::error_code none;
  fs::remove(folder.path("state/daemon.json"), none);
  auto words = prefix;
  words.insert(words.end(), {TIMELOOM_PROGRAM, "daemon", "-c", folder.path("c.yaml")});
  auto all = variables;
  all.push_back(std::string{mark} + "=" + folder.path());
  run_.emplace(folder, words, all);
}

running_daemon::~running_daemon() {
  run_.reset();
  CHECK(wait_until([&] { return processes_of(folder_).empty(); }));
}

bool running_daemon::has_ended() const {
  return !is_alive(pid());
}

bool running_daemon::wait_until_up() {
  return wait_until([&] { return has_ended() || get("/v1/jobs?limit=1"); }) && !has_ended();
}

ended running_daemon::end() {
  run_->kill(SIGTERM);
  return run_->wait();
}

std::string running_daemon::token() const {
  const auto text = read_file(folder_.path("state/token"));
  return text.substr(0, text.find('\n'));
}

http_client& running_daemon::client() {
  if (!client_) {
    const auto told = json::parse(read_file(folder_.path("state/daemon.json")), nullptr, false);
    const auto url = told.is_object() ? told.at("url").get<std::string>() : "http://127.0.0.1:9"; // nobody there
    client_.emplace(http_client_options{.url = url, .token = token(), .ca_certificate = {}});
  }
  return *client_;
}

std::optional<json> running_daemon::parsed(const expected<std::string>& answer) {
  if (!answer) {
    client_.reset(); // it may have another address by now
    return std::nullopt;
  }
  return json::parse(*answer);
}

std::optional<json> running_daemon::get(const std::string& path) {
  return parsed(client().get(path));
}

std::optional<json> running_daemon::post(const std::string& path, const json& body) {
  return parsed(client().post(path, body.dump()));
}

std::optional<json> running_daemon::del(const std::string& path) {
  return parsed(client().del(path));
}

raw_answer running_daemon::answer(const std::string& path) {
  return ask("GET " + path, "", "");
}

raw_answer running_daemon::upload(const std::string& name, const std::string& bytes) {
  return ask("POST /v1/jobs?name=" + name,
             "Content-Type: application/octet-stream\r\nContent-Length: " + std::to_string(bytes.size()) + "\r\n",
             bytes);
}

raw_answer running_daemon::ask(const std::string& method_and_path, const std::string& more, const std::string& body) {
  const auto url = json::parse(read_file(folder_.path("state/daemon.json"))).at("url").get<std::string>();
  const auto host = url.substr(url.find("//") + 2);
  raw_client connection{std::stoi(host.substr(host.rfind(':') + 1))};
  REQUIRE(connection.send(method_and_path + " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer " + token() +
                          "\r\nConnection: close\r\n" + more + "\r\n" + body));
  return connection.answer();
}

json running_daemon::jobs() {
  json all = json::array();
  for (std::string before; before != "end";) {
    const auto page = get("/v1/jobs?limit=500" + before);
    if (!page)
      return json::array();
    for (const auto& job : page->at("jobs"))
      all.push_back(job);
    before = page->at("next").is_null() ? "end" : "&before=" + page->at("next").dump();
  }
  return all;
}

json running_daemon::job_of(const std::string& name) {
  for (const auto& job : jobs())
    if (job.at("path") == folder_.path("watch/" + name))
      return get("/v1/jobs/" + job.at("id").dump()).value_or(json{});
  return {};
}

json running_daemon::wait_for(const std::string& name, const std::string& states, std::chrono::seconds patience) {
  json job;
  const bool came = wait_until(
      [&] {
        job = job_of(name);
        return !job.is_null() && has(states, job.at("state").get<std::string>());
      },
      patience.count() > 0 ? patience : std::chrono::seconds{30});
  INFO(name << " should be " << states << ": " << job.dump(1));
  REQUIRE(came);
  return job;
}

bool running_daemon::wait_until_over(std::size_t count, std::chrono::seconds patience) {
  return wait_until(
      [&] {
        const auto all = jobs();
        return all.size() >= count && std::all_of(all.begin(), all.end(), is_over);
      },
      patience);
}

held_worker::held_worker(running_daemon& daemon, const temporary_folder& folder) {
  make_tiny_clip(folder, "watch/first.mp4", 17);
  daemon.wait_for("first.mp4", "done");
  const auto workers = workers_of(daemon.pid(), "media");
  REQUIRE(workers.size() == 1);
  pid_ = workers[0];
  REQUIRE(::kill(pid_, SIGSTOP) == 0);
}

void held_worker::let_go() const {
  ::kill(pid_, SIGCONT);
}

void check_results(const temporary_folder& folder, std::size_t count, const std::string& results) {
  std::size_t whole = 0;
  for (const auto& entry : fs::recursive_directory_iterator{folder.path(results)}) {
    const auto path = entry.path().string();
    INFO(path);
    if (entry.is_directory())
      continue;
    CHECK_FALSE(has(path, ".tmp"));
    if (path.ends_with(".timeline.json")) {
      const auto made = json::parse(read_file(path), nullptr, false);
      REQUIRE(made.is_object());
      CHECK(report_of(made, "cut_analysis").at("status") == "done");
      CHECK(fs::exists(path.substr(0, path.size() - 4) + "html"));
      ++whole;
    } else {
      CHECK(path.ends_with(".timeline.html"));
    }
  }
  CHECK(whole == count);
}

} // namespace timeloom::tests
