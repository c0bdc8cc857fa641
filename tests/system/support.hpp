/// What the system tests share: a folder, clips made by the ffmpeg program, the program under test and its workers.
#pragma once

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace timeloom::tests {

namespace fs = std::filesystem;

/// A folder that goes when the test does.
class temporary_folder {
public:
  temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder();

  std::string path(const std::string& name = {}) const { return name.empty() ? path_ : path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const;
  /// Names in the folder `name` of this one, sorted; none when it is not there.
  std::vector<std::string> names_in(const std::string& name) const;

private:
  std::string path_;
};

std::string read_file(const std::string& path);

/// Whether `part` stands in `text`.
bool has(const std::string& text, const std::string& part);

/// Runs a program, found by PATH, that must succeed.
void run_tool(const std::vector<std::string>& words);

/// Runs ffmpeg and requires that it succeeds.
void ffmpeg(const std::vector<std::string>& arguments);

/// `seconds` of `source` (a lavfi graph, 25 Hz) as H.264.
std::string make_clip(const temporary_folder& folder, const std::string& name, const std::string& source,
                      double seconds);

/// A clip of a moving test picture, long enough that a worker can be met at work on it.
std::string make_long_clip(const temporary_folder& folder, const std::string& name);

/// A clip with words on it.
std::string make_text_clip(const temporary_folder& folder, const std::string& name, double seconds);

/// Waits up to `patience` until `condition`.
template <class Condition>
bool wait_until(Condition condition, std::chrono::milliseconds patience = std::chrono::seconds{20}) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition())
    if (std::chrono::steady_clock::now() > end)
      return condition();
    else
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
  return true;
}

/// Whether there is such a process, other than as a zombie.
bool is_alive(pid_t pid);

/// Running children of `parent` whose command line has `words` in it.
std::vector<pid_t> children_of(pid_t parent, const std::string& words);

/// Of them the workers of `role`: media, analysis or model.
std::vector<pid_t> workers_of(pid_t parent, const std::string& role);

/// The media worker of `parent` that has the file at `path` open; 0 when there is none.
pid_t worker_on(pid_t parent, const std::string& path);

/// Whether a frame ring is mapped in the process: for an analysis worker, that a session began.
bool has_frame_ring(pid_t pid);

/// Resident memory of a process.
std::int64_t resident_bytes(pid_t pid);

struct ended {
  int status = -1; ///< exit status, or 128 + signal
  std::string out;
  std::string err;
};

/// The program with arguments. Killed and reaped by the destructor.
class program_run {
public:
  program_run(const temporary_folder& folder, const std::vector<std::string>& arguments);
  /// Any program, found by PATH, with `variables` ("NAME=value") added to its environment.
  program_run(const temporary_folder& folder, const std::vector<std::string>& words,
              const std::vector<std::string>& variables);
  program_run(const program_run&) = delete;
  program_run& operator=(const program_run&) = delete;
  ~program_run();

  pid_t pid() const { return pid_; }
  void kill(int signal) const;
  /// Waits for its end, up to a minute.
  ended wait();

private:
  pid_t pid_ = -1;
  std::string out_path_, err_path_;
};

/// `timeloom arguments...`, to its end.
ended run_program(const temporary_folder& folder, const std::vector<std::string>& arguments);

/// The timeline that was written to the file.
nlohmann::json timeline_at(const std::string& path);

/// The report of the analyzer `id` in a timeline.
nlohmann::json report_of(const nlohmann::json& made, const std::string& id);

} // namespace timeloom::tests
