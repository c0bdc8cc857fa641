#include "app/analysis.hpp"

#include "actors/caf_error.hpp"
#include "actors/coordinator.hpp"
#include "actors/system_config.hpp"
#include "app/blocked_signals.hpp"
#include "app/console.hpp"
#include "app/hand_over.hpp"
#include "app/host_plan.hpp"
#include "app/measured_decoders.hpp"
#include "app/model_plan.hpp"
#include "app/render_queue.hpp"
#include "app/result_files.hpp"
#include "app/run_statistics.hpp"
#include "app/statistics_watch.hpp"
#include "media/input_file.hpp"
#include "timeline/stamp.hpp"
#include "timeline/utf8.hpp"

#include <atomic>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <climits>
#include <csignal>
#include <map>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <set>
#include <spdlog/spdlog.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace timeloom {

namespace {

struct video {
  std::string path;
  std::string real_path; ///< once it was opened
  std::string stem;
  exit_code code = exit_code::failed;
};

constexpr int no_more_signals = SIGUSR1; // to the thread that waits for the others

/// Waits for the blocked signals on a thread of its own and calls `then` on it for each, until it is destroyed.
class signal_watch {
public:
  signal_watch(const sigset_t& signals, std::function<void()> then)
      : thread_{[signals, then = std::move(then)] {
          for (int signal = 0; ::sigwait(&signals, &signal) == 0 && signal != no_more_signals;)
            then();
        }} {}
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;
  ~signal_watch() {
    ::pthread_kill(thread_.native_handle(), no_more_signals);
    thread_.join();
  }

private:
  std::thread thread_;
};

constexpr auto submit_patience = std::chrono::seconds{10};
constexpr auto metrics_patience = std::chrono::seconds{10}; // longer than the links'

/// Takes what the jobs report, on a thread of its own, because it writes files and to the terminal.
class result_writer {
public:
  result_writer(const analysis_call& call, std::vector<video>& videos, std::vector<std::string> names)
      : call_(call), videos_(videos), display_(call.progress, std::move(names)) {}

  progress_display& display() { return display_; }

  /// Videos that were analyzed from now on are drawn on as well.
  void draw_in(render_queue& queue) { queue_ = &queue; }

  /// What the queue tells, on its thread. `over` is for a video whose analysis is over, which nobody else touches.
  render_listener listener() {
    return {[this](const render_task& task, const render_progress& p) {
              display_.drawing(task.number, p.frames, p.time, task.made->media.duration);
            },
            [this](const render_task& task, const expected<drawn_video>& drawn) {
              if (!drawn && videos_[task.number].code == exit_code::done)
                videos_[task.number].code = exit_code::partial;
              display_.drawn(task.number, drawn ? *drawn : drawn_video{}, drawn ? error{} : drawn.error());
            }};
  }

  void finish(std::size_t number, const job_result& result) {
    auto& one = videos_[number];
    if (!result.made) {
      one.code = result.reason.code == errc::cancelled ? exit_code::interrupted : exit_code::failed;
      if (one.code == exit_code::failed)
        display_.finished(number, nullptr, {}, result.reason);
      return;
    }
    timeline made = *result.made;
    stamp(made.made, "timeloom " TIMELOOM_VERSION);
    write(number, made);
    if (queue_ != nullptr)
      queue_->add({number, one.path, one.stem, result.made});
  }

  /// The timeline as it is.
  void write(std::size_t number, const timeline& made) {
    auto& one = videos_[number];
    one.code = exit_code::done;
    for (const auto& report : made.analyzers) {
      if (!falls_short(report))
        continue;
      one.code = exit_code::partial;
      if (call_.progress == progress_style::silent) // the table of the others has it
        say(stderr, "timeloom: {}: {} {}: {}\n", one_line(one.path), report.id, to_string(report.status),
            one_line(report.reason));
    }
    std::vector<std::string> files;
    error problem;
    for (const auto format : call_.settings.output.formats) {
      const auto path = result_path(call_.settings.output.dir, one.stem, format);
      if (auto written = write_result(made, path, format, call_.settings.output.overwrite)) {
        files.push_back(path);
      } else {
        one.code = exit_code::failed;
        problem = written.error();
      }
    }
    display_.finished(number, &made, files, problem);
  }

private:
  bool falls_short(const analyzer_report& report) const {
    return report.status == analyzer_status::partial || report.status == analyzer_status::failed ||
           (report.status == analyzer_status::skipped && call_.analyzers_named);
  }

  const analysis_call& call_;
  std::vector<video>& videos_;
  progress_display display_;
  render_queue* queue_ = nullptr;
};

render_settings render_settings_of(const analysis_call& call) {
  const auto& media = call.settings.media;
  return {.dir = call.render,
          .root = media.root,
          .source = {.threads = media.threads.value_or(0),
                     .image_rate_hz = media.image_rate_hz,
                     .max_pixels = media.max_pixels},
          .stall_timeout = std::chrono::seconds{media.stall_timeout_s},
          .overwrite = call.settings.output.overwrite};
}

/// The files that the results of a video go to.
std::vector<std::string> paths_of(const analysis_call& call, const std::string& stem) {
  std::vector<std::string> paths;
  for (const auto format : call.settings.output.formats)
    paths.push_back(result_path(call.settings.output.dir, stem, format));
  if (!call.render.empty()) {
    auto [drawn, sheet] = render_paths_of(call.render, stem);
    paths.push_back(std::move(drawn));
    paths.push_back(std::move(sheet));
  }
  return paths;
}

struct listener_state {
  static inline const char* name = "listener";
  std::size_t open = 0;
};

listener_actor::behavior_type listener(listener_actor::stateful_pointer<listener_state> self, result_writer* writer,
                                       std::size_t jobs) {
  self->state.open = jobs;
  return {
      [=](const job_progress& p) { writer->display().progress(p.tag, p.attempt, p.frames, p.time, p.duration); },
      [](const job_finds&) {}, // the result has them all
      [=](const job_result& result) {
        writer->finish(result.tag, result);
        if (--self->state.open == 0)
          self->quit();
      },
  };
}

/// Has a running daemon analyze those of `videos` that it takes. The ones that are left.
std::vector<std::size_t> analyze_at_daemon(const analysis_call& call, const std::vector<std::size_t>& numbers,
                                           result_writer& writer, const sigset_t& signals) {
  std::mutex writing; // held while files are written, which an interrupt must not tear
  const bool talks = call.progress != progress_style::silent;
  hand_over_listener listener{.progress =
                                  [&](std::size_t number, const running_progress& at) {
                                    writer.display().progress(number, at.attempt, at.frames, from_seconds(at.seconds),
                                                              from_seconds(at.duration_s));
                                  },
                              .finished =
                                  [&](std::size_t number, expected<timeline> made) {
                                    const std::lock_guard lock{writing};
                                    if (made)
                                      return writer.write(number, *made);
                                    say(stderr, "timeloom: {}\n", one_line(made.error().message));
                                    writer.finish(number, {number, nullptr, made.error()});
                                  },
                              .note =
                                  [&](const std::string& sentence) {
                                    if (talks)
                                      say(stderr, "timeloom: {}\n", sentence);
                                  }};
  const auto daemon = hand_over::begin(call.settings, std::move(listener));
  if (!daemon)
    return numbers;
  if (talks)
    say(stderr, "timeloom: asking the daemon at {}; --standalone does not\n", daemon->url());
  const signal_watch watch{signals, [&] {
                             daemon->cancel();
                             const std::lock_guard lock{writing};
                             say(stderr, "timeloom: interrupted; the daemon's jobs for it were cancelled\n");
                             ::_exit(static_cast<int>(exit_code::interrupted));
                           }};
  std::vector<handed_video> videos;
  for (const auto number : numbers)
    videos.push_back({number, call.videos[number]});
  const auto& formats = call.settings.output.formats;
  return daemon->run(videos, std::find(formats.begin(), formats.end(), output_format::html) != formats.end());
}

std::optional<metrics_report> ask_for_metrics(caf::scoped_actor& self, const coordinator_actor& conductor) {
  std::optional<metrics_report> told;
  self->request(conductor, metrics_patience, metrics_atom_v)
      .receive([&](metrics_report& report) { told = std::move(report); },
               [](const caf::error& reason) {
                 say(stderr, "timeloom: no statistics: {}\n", one_line(from_caf(reason).message));
               });
  return told;
}

} // namespace

exit_code run_analysis(const analysis_call& call) {
  const auto signals = block_signals({SIGINT, SIGTERM, SIGHUP, no_more_signals});
  const auto& settings = call.settings;
  if (auto ready = prepare_output_folder(settings.output.dir); !ready) {
    say(stderr, "timeloom: {}\n", one_line(ready.error().message));
    return exit_code::wrong_use;
  }

  std::vector<video> videos;
  const auto stems = result_stems(call.videos);
  for (std::size_t i = 0; i < call.videos.size(); ++i)
    videos.push_back({call.videos[i], {}, stems[i]});
  result_writer writer{call, videos, call.videos};
  std::vector<std::size_t> accepted;
  for (std::size_t i = 0; i < videos.size(); ++i) {
    auto opened = open_input(videos[i].path, settings.media.root);
    expected<void> usable;
    if (!opened)
      usable = tl::unexpected{opened.error()};
    for (const auto& path : paths_of(call, stems[i]))
      if (usable && !settings.output.overwrite && ::access(path.c_str(), F_OK) == 0)
        usable = fail(errc::invalid_argument, "{} exists; replace it with --overwrite, or choose another --out", path);
    if (usable) {
      videos[i].real_path = opened->real_path;
      accepted.push_back(i);
      continue;
    }
    videos[i].code = usable.error().code == errc::corrupt_media ? exit_code::failed : exit_code::wrong_use;
    writer.display().finished(i, nullptr, {}, usable.error());
  }

  if (!call.standalone && !accepted.empty())
    accepted = analyze_at_daemon(call, accepted, writer, signals);

  std::atomic<bool> interrupted = false;
  std::optional<render_queue> renders;
  if (!call.render.empty()) {
    // Without the folder the analysis is still worth its time.
    if (auto ready = prepare_output_folder(call.render); ready)
      writer.draw_in(renders.emplace(render_settings_of(call), writer.listener()));
    else
      say(stderr, "timeloom: no video will be drawn on: {}\n", one_line(ready.error().message));
  }
  if (!accepted.empty()) {
    auto known = known_models();
    const auto models = plan_models(settings, call.analyzers, known);
    if (!models) {
      say(stderr, "timeloom: {}\n", one_line(models.error().message));
      return exit_code::wrong_use;
    }
    system_config config;
    caf::actor_system system{config};
    caf::scoped_actor self{system};
    const auto results = system.spawn<caf::detached>(listener, &writer, accepted.size());
    auto host = plan_host(settings, accepted.size(), *models);
    const auto decoding = host.decoding = known_decoders(settings.media, models->devices);
    const auto conductor = system.spawn(coordinator, std::move(host));
    const std::chrono::seconds log_interval{spdlog::should_log(spdlog::level::info) ? settings.log.stats_interval_s
                                                                                    : 0};
    auto gpus = call.stats || log_interval.count() > 0 ? sampler_of(models->devices) : std::nullopt;
    const auto watch = system.spawn<caf::detached>(
        statistics_watch, statistics_watch_options{conductor, gpus ? &*gpus : nullptr, log_interval});
    for (const auto i : accepted)
      // Answered, so that an interrupt cannot overtake a video that was not yet accepted: nobody would cancel it.
      self->request(conductor, submit_patience, submit_atom_v,
                    analysis_request{.tag = i,
                                     .path = videos[i].path,
                                     .analyzers = call.analyzers,
                                     .skipped = models->skipped,
                                     .without_model = without_model(*models),
                                     .options = settings.analyzers.of_video(videos[i].real_path),
                                     .source = {.image_rate_hz = settings.media.image_rate_hz,
                                                .max_pixels = settings.media.max_pixels},
                                     .root = settings.media.root,
                                     .configuration = to_yaml(settings)},
                    results)
          .receive([](std::uint64_t) {},
                   [&](const caf::error& reason) {
                     caf::anon_send(results, job_result{i, nullptr, from_caf(reason)});
                   });
    const signal_watch until_signal{signals, [&] {
                                      // The second one does not wait for whoever does not read what is printed; the
                                      // workers notice by themselves.
                                      if (interrupted.exchange(true))
                                        ::_exit(static_cast<int>(exit_code::interrupted));
                                      if (renders)
                                        renders->stop();
                                      caf::anon_send_exit(conductor, caf::exit_reason::user_shutdown);
                                    }};
    self->wait_for(results);
    caf::anon_send_exit(watch, caf::exit_reason::user_shutdown);
    self->wait_for(watch);
    if (renders)
      renders->finish();
    if ((call.stats || !models->groups.empty()) && !interrupted)
      if (auto told = ask_for_metrics(self, conductor)) {
        remember_models(*models, *told, known);
        const run_statistics all{std::move(*told), gpus ? gpus->usage() : std::vector<gpu_usage>{}};
        if (call.stats)
          say(stdout, "{}", call.progress == progress_style::json ? statistics_json(all) : statistics_table(all));
      }
    remember_decoders(decoding.get(), models->devices);
    caf::anon_send_exit(conductor, caf::exit_reason::user_shutdown);
  }
  if (interrupted) {
    say(stderr, "timeloom: interrupted; the workers were stopped\n");
    return exit_code::interrupted;
  }
  std::vector<exit_code> codes;
  for (const auto& one : videos)
    codes.push_back(one.code == exit_code::done && !call.render.empty() && !renders ? exit_code::partial : one.code);
  return combine(codes);
}

} // namespace timeloom
