#include "tests/system/support.hpp"

#include "tests/catch.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ; // NOLINT: POSIX

namespace timeloom::tests {

namespace {

/// Starts a program found by PATH with its output in files; empty: this process's own.
pid_t start(const std::vector<std::string>& words, const std::string& out, const std::string& err,
            const std::vector<std::string>& variables = {}) {
  std::vector<std::string> copy = words, added = variables;
  std::vector<char*> pointers, environment;
  for (auto& word : copy)
    pointers.push_back(word.data());
  pointers.push_back(nullptr);
  for (auto& variable : added)
    environment.push_back(variable.data());
  for (char** variable = environ; *variable != nullptr; ++variable)
    environment.push_back(*variable);
  environment.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (!out.empty())
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (!err.empty())
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  pid_t pid = -1;
  const int result = ::posix_spawnp(&pid, pointers[0], &actions, nullptr, pointers.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  INFO(words[0]);
  REQUIRE(result == 0);
  return pid;
}

int status_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

std::string proc(pid_t pid, const char* what) {
  return "/proc/" + std::to_string(pid) + "/" + what;
}

/// State and parent of a process, from the fields behind its name.
std::pair<char, pid_t> stat_of(pid_t pid) {
  const auto stat = read_file(proc(pid, "stat"));
  const auto behind = stat.rfind(')');
  if (behind == std::string::npos)
    return {'X', 0};
  std::istringstream fields{stat.substr(behind + 1)};
  char state = 'X';
  pid_t parent = 0;
  fields >> state >> parent;
  return {state, parent};
}

} // namespace

temporary_folder::temporary_folder() {
  path_ = (fs::temp_directory_path() / "timeloom-system-XXXXXX").string();
  REQUIRE(::mkdtemp(path_.data()) != nullptr);
  path_ = fs::canonical(path_).string();
}

temporary_folder::~temporary_folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string temporary_folder::write(const std::string& name, const std::string& text) const {
  std::ofstream{path(name), std::ios::binary} << text;
  return path(name);
}

std::vector<std::string> temporary_folder::names_in(const std::string& name) const {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{path(name), none})
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void run_tool(const std::vector<std::string>& words) {
  int status = -1;
  REQUIRE(::waitpid(start(words, {}, {}), &status, 0) > 0);
  REQUIRE(status_of(status) == 0);
}

void ffmpeg(const std::vector<std::string>& arguments) {
  std::vector<std::string> words{"ffmpeg", "-nostdin", "-v", "error", "-y"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  run_tool(words);
}

std::string make_clip(const temporary_folder& folder, const std::string& name, const std::string& source,
                      double seconds) {
  const auto making = folder.path("making-" + fs::path{name}.filename().string());
  ffmpeg({"-f", "lavfi", "-i", source, "-t", std::to_string(seconds), "-c:v", "libx264", "-preset", "ultrafast",
          "-pix_fmt", "yuv420p", "file:" + making});
  fs::rename(making, folder.path(name)); // whole at once, however slow this machine is
  return folder.path(name);
}

std::string make_long_clip(const temporary_folder& folder, const std::string& name) {
  return make_clip(folder, name, "testsrc2=size=640x360:rate=25", 20);
}

std::string make_text_clip(const temporary_folder& folder, const std::string& name, double seconds) {
  return make_clip(folder, name,
                   "color=color=0x203050:size=640x360:rate=25,drawtext=fontfile=/usr/share/fonts/truetype/dejavu/"
                   "DejaVuSans-Bold.ttf:text='CHAPTER TWO':fontsize=64:fontcolor=white:x=(w-text_w)/2:y=140",
                   seconds);
}

bool is_alive(pid_t pid) {
  const char state = stat_of(pid).first;
  return state != 'X' && state != 'Z';
}

std::vector<pid_t> children_of(pid_t parent, const std::string& words) {
  std::vector<pid_t> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{"/proc", none}) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos)
      continue;
    const auto pid = static_cast<pid_t>(std::stol(name));
    if (stat_of(pid).second == parent && is_alive(pid) &&
        read_file(proc(pid, "cmdline")).find(words) != std::string::npos)
      found.push_back(pid);
  }
  return found;
}

std::vector<pid_t> workers_of(pid_t parent, const std::string& role) {
  return children_of(parent, "timeloom-" + role + "-worker");
}

pid_t worker_on(pid_t parent, const std::string& path) {
  for (const pid_t pid : workers_of(parent, "media")) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator{proc(pid, "fd"), none}) {
      std::error_code gone;
      if (fs::read_symlink(entry.path(), gone) == path)
        return pid;
    }
  }
  return 0;
}

bool has_frame_ring(pid_t pid) {
  return read_file(proc(pid, "maps")).find("memfd:timeloom-frames") != std::string::npos;
}

std::int64_t resident_bytes(pid_t pid) {
  std::istringstream fields{read_file(proc(pid, "statm"))};
  std::int64_t size = 0, resident = 0;
  fields >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

program_run::program_run(const temporary_folder& folder, const std::vector<std::string>& arguments)
    : program_run(folder,
                  [&] {
                    std::vector<std::string> words{TIMELOOM_PROGRAM};
                    words.insert(words.end(), arguments.begin(), arguments.end());
                    return words;
                  }(),
                  {}) {}

program_run::program_run(const temporary_folder& folder, const std::vector<std::string>& words,
                         const std::vector<std::string>& variables)
    : out_path_(folder.path("out.txt")), err_path_(folder.path("err.txt")) {
  pid_ = start(words, out_path_, err_path_, variables);
}

program_run::~program_run() {
  if (pid_ <= 0)
    return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void program_run::kill(int signal) const {
  REQUIRE(::kill(pid_, signal) == 0);
}

ended program_run::wait() {
  int status = -1;
  REQUIRE(wait_until([&] { return ::waitpid(pid_, &status, WNOHANG) != 0; }, std::chrono::seconds{60}));
  pid_ = -1;
  return {status_of(status), read_file(out_path_), read_file(err_path_)};
}

ended run_program(const temporary_folder& folder, const std::vector<std::string>& arguments) {
  return program_run{folder, arguments}.wait();
}

nlohmann::json timeline_at(const std::string& path) {
  const auto text = read_file(path);
  INFO(path);
  REQUIRE_FALSE(text.empty());
  return nlohmann::json::parse(text);
}

nlohmann::json report_of(const nlohmann::json& made, const std::string& id) {
  for (const auto& report : made.at("analyzers"))
    if (report.at("id") == id)
      return report;
  FAIL("no report of " << id);
  return {};
}

} // namespace timeloom::tests
