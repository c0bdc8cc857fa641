/// A daemon of the tests: the whole program on folders of its own, which a test may kill, starve and ask.
#pragma once

#include "serving/http_client.hpp"
#include "tests/serving/raw_client.hpp"
#include "tests/system/support.hpp"

#include <map>
#include <optional>

namespace timeloom::tests {

/// What a test adds to the sections of the configuration, as in "retry_delay_s: 2, drain_s: 1".
struct daemon_settings {
  std::string daemon, watch, http, more;
  std::string output = "results"; ///< a name in the folder
  std::string analyzers = "enabled: [cut_analysis]";
};

/// Writes c.yaml and makes the folders watch/ and results/, with states in state/.
void write_daemon_configuration(const temporary_folder& folder, const daemon_settings& settings = {});

/// A video of 0.4 s; other numbers are other contents.
std::string make_tiny_clip(const temporary_folder& folder, const std::string& name, int number = 0);

/// The same bytes with other ones behind them, which no reader of MP4 looks at: another content at no cost.
void copy_with_tail(const std::string& from, const std::string& to, const std::string& tail);

/// Processes whose environment names `folder`: a daemon of it and all that it started, or left behind.
std::vector<pid_t> processes_of(const temporary_folder& folder);

/// `timeloom daemon` on the folder; killed by the destructor, which checks that nothing of it stays.
class running_daemon {
public:
  /// `variables` ("NAME=value") are added to its environment; `prefix` is a program that starts it, with arguments.
  explicit running_daemon(const temporary_folder& folder, const std::vector<std::string>& variables = {},
                          const std::vector<std::string>& prefix = {});
  ~running_daemon();

  pid_t pid() const { return run_->pid(); }
  /// Waits until it answers; false when it ended before that.
  bool wait_until_up();
  bool has_ended() const;
  void kill(int signal) const { run_->kill(signal); }
  ended wait() { return run_->wait(); }
  /// SIGTERM, and its end.
  ended end();

  /// What it answers; nothing when it does not, or with an error.
  std::optional<nlohmann::json> get(const std::string& path);
  std::optional<nlohmann::json> post(const std::string& path, const nlohmann::json& body = nlohmann::json::object());
  std::optional<nlohmann::json> del(const std::string& path);
  /// What it answers, whatever that is.
  raw_answer answer(const std::string& path);
  /// The same to a video that is sent.
  raw_answer upload(const std::string& name, const std::string& bytes);

  nlohmann::json jobs();
  /// The newest job of the video `name` in watch/; null when there is none.
  nlohmann::json job_of(const std::string& name);
  /// Waits until that job is in one of the states ("done, partial"); gives it as it then is.
  nlohmann::json wait_for(const std::string& name, const std::string& states, std::chrono::seconds patience = {});
  /// Waits until there are `count` jobs and all are over.
  bool wait_until_over(std::size_t count, std::chrono::seconds patience = std::chrono::seconds{60});

private:
  std::string token() const;
  /// `more`: headers besides the usual ones.
  raw_answer ask(const std::string& method_and_path, const std::string& more, const std::string& body);
  http_client& client();
  std::optional<nlohmann::json> parsed(const expected<std::string>& answer);

  const temporary_folder& folder_;
  std::optional<program_run> run_;
  std::optional<http_client> client_;
};

/// The only media worker of a daemon, stopped: what is given to it runs, and gets no further until it is let go.
/// It is started for that, by a video of its own, "first.mp4".
class held_worker {
public:
  held_worker(running_daemon& daemon, const temporary_folder& folder);
  held_worker(const held_worker&) = delete;
  held_worker& operator=(const held_worker&) = delete;
  ~held_worker() { let_go(); }
  void let_go() const;

private:
  pid_t pid_ = 0;
};

/// Whether `results` holds whole timelines and nothing else; what does not belong is told.
void check_results(const temporary_folder& folder, std::size_t count, const std::string& results = "results");

} // namespace timeloom::tests
