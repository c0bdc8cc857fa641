#include "app/client_commands.hpp"

#include "app/console.hpp"
#include "app/daemon_contact.hpp"
#include "serving/job_json.hpp"
#include "timeline/utf8.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fmt/ranges.h>
#include <functional>
#include <memory>

namespace timeloom {

namespace {

struct arguments {
  std::string config;
  std::vector<std::string> videos, analyzers, states;
  std::string lane = "interactive";
  bool wait = false, json = false, follow = false;
  job_id id = 0;
  int limit = 20;
};

exit_code complain(const error& problem) {
  say(stderr, "timeloom: {}\n", one_line(problem.message));
  return problem.code == errc::invalid_argument || problem.code == errc::not_found ||
                 problem.code == errc::not_allowed || problem.code == errc::invalid_config
             ? exit_code::wrong_use
             : exit_code::failed;
}

/// Runs `what` with the daemon that the configuration leads to.
exit_code with_daemon(const arguments& given, const std::function<expected<exit_code>(http_client&)>& what) {
  configuration settings;
  if (!given.config.empty()) {
    auto loaded = load_configuration(given.config);
    if (!loaded)
      return complain(loaded.error());
    settings = std::move(*loaded);
  }
  const auto found = find_daemon(settings);
  if (!found)
    return complain(found.error());
  http_client daemon{*found};
  const auto code = what(daemon);
  return code ? *code : complain(code.error());
}

std::vector<std::string> state_names() {
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(job_state::cancelled); ++i)
    names.emplace_back(to_string(static_cast<job_state>(i)));
  return names;
}

exit_code code_of(job_state state) {
  return state == job_state::done        ? exit_code::done
         : state == job_state::partial   ? exit_code::partial
         : state == job_state::cancelled ? exit_code::interrupted
                                         : exit_code::failed;
}

std::string how_far(const job_report& job) {
  if (!job.progress)
    return "";
  if (job.progress->duration_s > 0)
    return fmt::format("{:.0f} %", std::min(100.0, 100 * job.progress->seconds / job.progress->duration_s));
  return fmt::format("{:.0f} s", job.progress->seconds);
}

void print_row(const job_report& job) {
  const auto& entry = job.entry;
  say(stdout, "{:>7}  {:<11}  {:>5}  {}{}\n", entry.id, to_string(entry.state), how_far(job), one_line(entry.path),
      entry.reason.empty() ? "" : "\n" + std::string(29, ' ') + one_line(entry.reason));
}

expected<job_report> job_at(http_client& daemon, job_id id) {
  return daemon.get(fmt::format("/v1/jobs/{}", id)).and_then([](const std::string& text) {
    return job_from_json(text);
  });
}

/// Until the job is over.
expected<exit_code> wait_for(http_client& daemon, job_id id) {
  auto job = job_at(daemon, id);
  while (job && !is_final(job->entry.state)) {
    const auto listened = daemon.listen(fmt::format("/v1/jobs/{}/events", id), [&](const server_event& event) -> bool {
      if (event.kind != "state")
        return true;
      const auto now = job_from_json(event.data);
      return now && !is_final(now->entry.state);
    });
    if (!listened)
      return tl::unexpected{listened.error()};
    job = job_at(daemon, id);
  }
  if (!job)
    return tl::unexpected{job.error()};
  print_row(*job);
  return code_of(job->entry.state);
}

expected<exit_code> submit(http_client& daemon, const arguments& given) {
  std::vector<job_id> ids;
  std::vector<exit_code> codes;
  for (const auto& video : given.videos) {
    std::error_code none;
    const submission wanted{.path = std::filesystem::absolute(video, none).lexically_normal().string(),
                            .lane = *job_lane_from_string(given.lane),
                            .analyzers = given.analyzers};
    auto job = daemon.post("/v1/jobs", to_json_text(wanted)).and_then([](const std::string& text) {
      return job_from_json(text);
    });
    if (!job) {
      codes.push_back(complain(job.error()));
      continue;
    }
    if (!given.wait)
      print_row(*job);
    ids.push_back(job->entry.id);
    codes.push_back(exit_code::done);
  }
  if (given.wait)
    for (const auto id : ids) {
      auto code = wait_for(daemon, id);
      if (!code)
        return code;
      codes.push_back(*code);
    }
  return combine(codes);
}

expected<exit_code> status(http_client& daemon, const arguments& given) {
  if (given.id != 0) {
    auto text = daemon.get(fmt::format("/v1/jobs/{}", given.id));
    if (!text)
      return tl::unexpected{text.error()};
    if (given.json) {
      say(stdout, "{}\n", *text);
      return exit_code::done;
    }
    return job_from_json(*text).map([](const job_report& job) {
      print_row(job);
      return exit_code::done;
    });
  }
  auto text =
      daemon.get(fmt::format("/v1/jobs?limit={}{}", given.limit,
                             given.states.empty() ? "" : fmt::format("&state={}", fmt::join(given.states, ","))));
  if (!text)
    return tl::unexpected{text.error()};
  if (given.json) {
    say(stdout, "{}\n", *text);
    return exit_code::done;
  }
  return listing_from_json(*text).map([](const listing_report& all) {
    for (const auto& job : all.jobs)
      print_row(job);
    std::vector<std::string> counts;
    for (const auto& [state, count] : all.counts)
      if (count > 0)
        counts.push_back(fmt::format("{} {}", count, to_string(state)));
    say(stdout, "{}{}\n", counts.empty() ? "no jobs yet" : fmt::format("{}", fmt::join(counts, ", ")),
        all.held.empty() ? "" : "; nothing starts: " + one_line(all.held));
    return exit_code::done;
  });
}

expected<exit_code> logs(http_client& daemon, const arguments& given) {
  http_client stream{daemon.options()}; // the other one is asked while it is heard
  std::size_t told = 0;
  const auto print = [&]() -> expected<bool> {
    auto job = job_at(daemon, given.id);
    if (!job)
      return tl::unexpected{job.error()};
    for (; told < job->story.size(); ++told)
      say(stdout, "{}  {}\n", rfc3339(job->story[told].at), one_line(job->story[told].what));
    return !is_final(job->entry.state);
  };
  auto goes_on = print();
  if (goes_on && *goes_on && given.follow) {
    const auto listened = stream.listen(fmt::format("/v1/jobs/{}/events", given.id), [&](const server_event& event) {
      if (event.kind == "state")
        goes_on = print();
      return goes_on && *goes_on;
    });
    if (!listened)
      return tl::unexpected{listened.error()};
  }
  return goes_on.map([](bool) { return exit_code::done; });
}

} // namespace

void add_client_commands(CLI::App& app, exit_code& code) {
  const auto given = std::make_shared<arguments>();
  const auto add = [&](const char* name, const char* help,
                       const std::function<expected<exit_code>(http_client&, const arguments&)>& what) {
    auto* command = app.add_subcommand(name, help);
    command->add_option("--config,-c", given->config, "The daemon's configuration; needed if it names a state folder")
        ->type_name("FILE");
    command->callback([given, &code, what] {
      code = with_daemon(*given, [&](http_client& daemon) { return what(daemon, *given); });
    });
    return command;
  };
  const auto act = [](const char* how) {
    return [how](http_client& daemon, const arguments& with) {
      const auto path = fmt::format("/v1/jobs/{}", with.id);
      auto answer = *how == 0 ? daemon.del(path) : daemon.post(path + how);
      return answer.and_then([](const std::string& text) { return job_from_json(text); })
          .map([](const job_report& job) {
            print_row(job);
            return exit_code::done;
          });
    };
  };
  const auto add_id = [&](CLI::App* command) {
    return command->add_option("id", given->id, "The job, by the number that status tells")
        ->check([](const std::string& text) {
          const bool number = !text.empty() && text.size() < 19 &&
                              std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
          return number ? std::string{} : fmt::format("\"{}\" is no number of a job; timeloom status tells them", text);
        })
        ->type_name("ID");
  };
  auto* to_submit = add("submit", "Give videos to the running daemon", submit);
  to_submit->add_option("videos", given->videos, "Video files in folders that the daemon may read")
      ->required()
      ->type_name("VIDEO");
  to_submit->add_option("--analyzers,-a", given->analyzers, "Which to run, by id (default: the daemon's)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("ID,...");
  to_submit->add_option("--lane", given->lane, "interactive goes before batch (default: interactive)")
      ->check(CLI::IsMember({"interactive", "batch"}));
  to_submit->add_flag("--wait", given->wait, "Return when they are over, with the status of analyze-video");
  to_submit->footer("Where the results go is the daemon's affair: output.dir in its configuration.\n\n"
                    "Examples:\n"
                    "  timeloom submit film.mp4\n"
                    "  timeloom submit *.mkv --lane batch --wait");
  auto* to_show = add("status", "Tell what the running daemon does", status);
  add_id(to_show);
  to_show->add_option("--state", given->states, "Only jobs in these states")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember(state_names()))
      ->type_name("STATE,...");
  to_show->add_option("--limit", given->limit, "Jobs shown at most (default: 20)")->check(CLI::Range(1, 500));
  to_show->add_flag("--json", given->json, "What the daemon said, as JSON");
  to_show->footer("Examples:\n"
                  "  timeloom status\n"
                  "  timeloom status 17\n"
                  "  timeloom status --state failed,quarantined");
  auto* to_cancel = add("cancel", "End a job of the running daemon", act(""));
  add_id(to_cancel)->required();
  to_cancel->footer("The video stays where it is. `timeloom retry ID` runs it again.");
  auto* to_retry = add("retry", "Run a job again that is over", act("/retry"));
  add_id(to_retry)->required();
  to_retry->footer("Its attempts count from one again. `timeloom logs ID` tells what went wrong before.");
  auto* to_log = add("logs", "Tell the story of a job", logs);
  add_id(to_log)->required();
  to_log->add_flag("--follow,-f", given->follow, "Go on until the job is over");
  to_log->footer("The log of the daemon itself is where log.file says: by default its standard error, which systemd\n"
                 "keeps (journalctl -u timeloom).");
}

} // namespace timeloom
