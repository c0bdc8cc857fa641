#include "app/daemon_run.hpp"

#include "actors/caf_error.hpp"
#include "actors/system_config.hpp"
#include "app/blocked_signals.hpp"
#include "app/console.hpp"
#include "app/daemon_contact.hpp"
#include "app/daemon_plan.hpp"
#include "app/host_plan.hpp"
#include "app/log.hpp"
#include "app/measured_decoders.hpp"
#include "app/readable_groups.hpp"
#include "app/result_files.hpp"
#include "app/service_manager.hpp"
#include "app/statistics_watch.hpp"
#include "core/durable_file.hpp"
#include "serving/archive.hpp"
#include "serving/content_hasher.hpp"
#include "serving/daemon.hpp"
#include "serving/daemon_service.hpp"
#include "serving/folder_watch.hpp"
#include "serving/http_server.hpp"
#include "serving/video_mover.hpp"
#include "timeline/utf8.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <csignal>
#include <filesystem>
#include <fmt/ranges.h>
#include <malloc.h>
#include <mutex>
#include <nlohmann/json.hpp>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace timeloom {

namespace {

constexpr auto journal_patience = std::chrono::seconds{60}; // of the watch, for a batch of files
constexpr auto drain_slack = std::chrono::seconds{10};      // for what is cancelled to end
constexpr auto metrics_patience = std::chrono::seconds{10}; // longer than the links'
constexpr auto least_wait = std::chrono::milliseconds{1000};

struct daemon_system_config : system_config {
  daemon_system_config() { add_message_types<caf::id_block::timeloom_serving>(); }
};

/// The next signal, or 0 after `patience`.
int wait_for_signal(const sigset_t& signals, std::chrono::milliseconds patience) {
  const timespec time{patience.count() / 1000, patience.count() % 1000 * 1'000'000};
  const int signal = ::sigtimedwait(&signals, nullptr, &time);
  return signal > 0 ? signal : 0;
}

/// Where `timeloom submit` and the others find the daemon, as long as it runs.
class endpoint {
public:
  static expected<endpoint> announce(const configuration& settings, const std::string& url) {
    const nlohmann::json content{{"url", url}, {"pid", ::getpid()}, {"token_file", token_file(settings)}};
    endpoint made;
    made.path_ = endpoint_file(state_folder(settings.daemon));
    if (auto written = write_file_durably(made.path_, content.dump() + '\n', 0600); !written)
      return tl::unexpected{written.error()};
    return made;
  }
  endpoint() = default;
  endpoint(endpoint&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  endpoint& operator=(endpoint&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~endpoint() {
    if (!path_.empty())
      ::unlink(path_.c_str());
  }

private:
  std::string path_;
};

expected<void> prepare_state(const configuration& settings) {
  std::error_code problem;
  const auto folder = state_folder(settings.daemon);
  std::filesystem::create_directories(folder, problem);
  if (problem)
    return fail(errc::io, "cannot create the state folder {}: {}", folder, problem.message());
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, problem);
  if (settings.http.max_upload_gib > 0)
    std::filesystem::create_directories(folder + "/uploads", problem);
  return {};
}

std::string models_document(const model_plan& models) {
  nlohmann::ordered_json made{
      {"workers", nlohmann::ordered_json::array()}, {"skipped", models.skipped}, {"without_model", models.without}};
  for (const auto& worker : models.workers)
    for (const auto& one : worker.analyzers)
      made["workers"].push_back({{"group", worker.group},
                                 {"device", worker.device_uuid.empty() ? "cpu" : worker.device_uuid},
                                 {"analyzer", one.analyzer},
                                 {"batch_size", one.batch_size},
                                 {"bytes", one.bytes},
                                 {"budget_bytes", worker.budget_bytes},
                                 {"replicas", worker.replicas}});
  return made.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// Those that are written to, before there is something to write.
expected<void> prepare_folders(const configuration& settings) {
  if (auto ready = prepare_output_folder(settings.output.dir); !ready || settings.watch.after != after_analysis::move)
    return ready;
  for (const auto& folder : plan_watch(settings).folders)
    for (const auto* name : {done_folder, failed_folder})
      if (auto checked = check_no_link(folder + name); !checked)
        return fail(errc::invalid_config, "watch.after is move: {}", checked.error().message);
  return {};
}

library_versions libraries_of(const configuration& settings) {
  return find_library_versions(settings.analyzers.text_overlay.languages);
}

/// Everything that runs while the configuration is good. Its parts end in the reverse of their order.
class running_daemon {
public:
  static expected<std::unique_ptr<running_daemon>> start(const configuration& settings) {
    if (auto ready = prepare_state(settings); !ready)
      return tl::unexpected{ready.error()};
    if (auto ready = prepare_folders(settings); !ready)
      return tl::unexpected{ready.error()};
    auto jobs = journal::open(journal_file(state_folder(settings.daemon)));
    if (!jobs)
      return tl::unexpected{jobs.error()};
    auto models = plan_models(settings, settings.analyzers.chosen(), known_models());
    if (!models)
      return tl::unexpected{models.error()};
    std::unique_ptr<running_daemon> made{new running_daemon{settings, std::move(*models)}};
    if (auto begun = made->begin(std::move(*jobs)); !begun)
      return tl::unexpected{begun.error()};
    return made;
  }

  ~running_daemon() {
    const caf::timespan grace = std::chrono::seconds{settings_.daemon.drain_s};
    if (daemon_)
      caf::anon_send(daemon_, drain_atom_v, grace); // nothing is started any more, however long the watch takes to end
    watch_.reset();
    if (service_)
      service_->end();
    caf::scoped_actor self{system_};
    if (daemon_) {
      self->request(daemon_, grace + drain_slack, drain_atom_v, grace)
          .receive([](bool) {}, [](const caf::error& reason) { spdlog::warn("{}", from_caf(reason).message); });
    }
    server_.reset();
    service_.reset(); // its view of the journal: the last to close it, the writer, leaves one file
    remember_decoders(decoding_.get(), models_.devices);
    if (coordinator_ && !models_.groups.empty())
      self->request(coordinator_, metrics_patience, metrics_atom_v)
          .receive(
              [&](const metrics_report& told) {
                auto known = known_models();
                remember_models(models_, told, known);
              },
              [](const caf::error&) {});
    end_reading_.request_stop();
    // First the daemon, so that it notes nothing of what its coordinator's end does to the jobs.
    for (const auto& actor : {caf::actor_cast<caf::actor>(daemon_), caf::actor_cast<caf::actor>(hasher_),
                              caf::actor_cast<caf::actor>(mover_), caf::actor_cast<caf::actor>(coordinator_)})
      if (actor) {
        self->send_exit(actor, caf::exit_reason::user_shutdown);
        self->wait_for(actor);
      }
  }

  /// Takes over what a running daemon can; what it cannot is told.
  void reload(const configuration& wanted) {
    const auto next = without_restart(settings_, wanted);
    for (const auto& path : differing_options(next, wanted))
      spdlog::warn("{} has changed, which takes a restart of the daemon", path);
    const auto models = plan_models(next, next.analyzers.chosen(), known_models());
    if (!models)
      return spdlog::error("the configuration stays as it was: {}", one_line(models.error().message));
    for (const auto& [analyzer, key] : models->keys)
      if (const auto now = models_.keys.find(analyzer); now != models_.keys.end() && now->second != key)
        spdlog::warn("the model of {} has changed, which takes a restart of the daemon", analyzer);
    if (auto ready = prepare_folders(next); !ready)
      return spdlog::error("the configuration stays as it was: {}", one_line(ready.error().message));
    auto watch = start_watch(next);
    if (!watch)
      return spdlog::error("the configuration stays as it was: {}", one_line(watch.error().message));
    watch_ = std::move(*watch);
    settings_ = next;
    const auto setup = std::make_shared<const daemon_setup>(
        plan_daemon(settings_, with_workers_of(models_, *models), media_workers_, libraries_of(settings_)));
    if (service_)
      service_->reload(setup);
    caf::anon_send(daemon_, reload_atom_v, setup);
    spdlog::info("the configuration was read anew");
  }

  /// Whether the daemon still answers.
  bool is_well() {
    caf::scoped_actor self{system_};
    bool well = false;
    self->request(daemon_, journal_patience, live_atom_v)
        .receive([&](const live_jobs&) { well = true; }, [](const caf::error&) {});
    return well;
  }

  /// False once the daemon, or one that it works with, has ended by a fault.
  bool is_alive() const { return alive_; }

  std::string url() const { return server_ ? server_->url() : ""; }

private:
  running_daemon(configuration settings, model_plan models)
      : settings_(std::move(settings)), models_(std::move(models)), system_(config_) {}

  expected<void> begin(journal jobs) {
    auto host = plan_host(settings_, std::nullopt, models_);
    media_workers_ = static_cast<int>(host.media.size());
    decoding_ = host.decoding = known_decoders(settings_.media, models_.devices);
    const auto setup =
        std::make_shared<const daemon_setup>(plan_daemon(settings_, models_, media_workers_, libraries_of(settings_)));
    const auto path = journal_file(setup->state_dir);
    coordinator_ = system_.spawn(coordinator, std::move(host));
    hasher_ = system_.spawn<caf::detached>(content_hasher, end_reading_.get_token());
    mover_ = system_.spawn<caf::detached>(video_mover, end_reading_.get_token());
    daemon_ = system_.spawn<caf::detached>(
        daemon, daemon_start{setup, std::make_shared<journal>(std::move(jobs)), coordinator_, hasher_, mover_, &feed_});
    daemon_->attach_functor([this] { alive_ = false; });
    gpus_ = sampler_of(models_.devices);
    auto service = daemon_service::create(system_, daemon_, coordinator_, feed_, setup,
                                          {.journal_path = path,
                                           .models_json = models_document(models_),
                                           .gpus = [this] { return look_at_gpus(); },
                                           .started = std::chrono::system_clock::now(),
                                           .version = TIMELOOM_VERSION});
    if (!service)
      return tl::unexpected{service.error()};
    service_ = std::move(*service);
    if (!settings_.http.address.empty()) {
      auto server = http_server::start(plan_http(settings_), *service_);
      if (!server)
        return tl::unexpected{server.error()};
      server_.emplace(std::move(*server));
      auto announced = endpoint::announce(settings_, server_->url());
      if (!announced)
        return tl::unexpected{announced.error()};
      endpoint_ = std::move(*announced);
    }
    auto watch = start_watch(settings_);
    if (!watch)
      return tl::unexpected{watch.error()};
    watch_ = std::move(*watch);
    return {};
  }

  expected<std::optional<folder_watch>> start_watch(const configuration& settings) {
    if (settings.watch.folders.empty())
      return std::optional<folder_watch>{};
    auto opened = journal_view::open(journal_file(state_folder(settings.daemon)));
    if (!opened)
      return tl::unexpected{opened.error()};
    const auto seen_before = std::make_shared<journal_view>(std::move(*opened));
    auto started = folder_watch::start(
        plan_watch(settings), {.told = [this](const std::vector<seen_file>& files) { return take_in(files); },
                               .problem = [](const std::string& sentence) { spdlog::warn("{}", one_line(sentence)); },
                               .is_known =
                                   [seen_before](const seen_file& file) {
                                     return seen_before->was_seen(file.path, file.version).value_or(false);
                                   }});
    if (!started)
      return tl::unexpected{started.error()};
    return std::optional<folder_watch>{std::move(*started)};
  }

  expected<void> take_in(const std::vector<seen_file>& files) {
    caf::scoped_actor self{system_};
    expected<void> taken;
    self->request(daemon_, journal_patience, seen_atom_v, files)
        .receive([](bool) {}, [&](const caf::error& reason) { taken = tl::unexpected{from_caf(reason)}; });
    if (!taken)
      spdlog::error("{} watched videos are taken in at the next rescan, not yet: {}", files.size(),
                    one_line(taken.error().message));
    return taken;
  }

  std::vector<gpu_usage> look_at_gpus() {
    const std::lock_guard lock{gpu_mutex_};
    if (!gpus_)
      return {};
    gpus_->clear();
    gpus_->sample();
    return gpus_->usage();
  }

  configuration settings_;
  model_plan models_;
  int media_workers_ = 1;
  std::shared_ptr<decoder_record> decoding_; // null: there is nothing to choose
  std::atomic<bool> alive_ = true;
  event_feed feed_;
  std::mutex gpu_mutex_; // of gpus_
  std::optional<gpu_sampler> gpus_;
  daemon_system_config config_;
  caf::actor_system system_;
  coordinator_actor coordinator_;
  std::stop_source end_reading_; // of whole files, by these two
  hasher_actor hasher_;
  mover_actor mover_;
  daemon_actor daemon_;
  std::unique_ptr<daemon_service> service_;
  std::optional<http_server> server_;
  endpoint endpoint_;
  std::optional<folder_watch> watch_;
};

enum class verdict : std::uint8_t { end, again, fault };

expected<configuration> load(const std::string& config) {
  return config.empty() ? configuration{} : load_configuration(config);
}

/// Only the page, which tells what is wrong, until the configuration was mended.
/// `settings` are those of the file, or what can be used of them.
verdict run_safe_mode(const configuration& settings, const error& fault, const sigset_t& signals) {
  const auto tell = [&](const std::string& sentence) {
    spdlog::error("{}", sentence);
    if (!settings.log.file.empty()) // whoever started it looks here
      say(stderr, "timeloom: {}\n", sentence);
  };
  tell("safe mode: " + one_line(fault.message));
  broken_service service{fault.message};
  const auto complain = [&](const error& problem) {
    tell("the page is not up either: " + one_line(problem.message));
    return verdict::fault;
  };
  if (settings.http.address.empty())
    return verdict::fault;
  if (const auto other = find_daemon(settings); other && http_client{*other}.get("/health"))
    return complain({errc::not_allowed, fmt::format("a daemon runs here already, at {}", other->url)});
  if (auto ready = prepare_state(settings); !ready)
    return complain(ready.error());
  auto server = http_server::start(plan_http(settings), service);
  if (!server)
    return complain(server.error());
  const auto announced = endpoint::announce(settings, server->url());
  if (!announced)
    return complain(announced.error());
  say(stderr, "timeloom: only the page is up, at {}; mend the configuration, then send SIGHUP\n", server->url());
  tell_service_manager("READY=1\nSTATUS=safe mode: " + one_line(fault.message));
  const auto pulse = watchdog_interval().value_or(least_wait);
  for (;;) {
    const int signal = wait_for_signal(signals, pulse);
    if (signal == SIGTERM || signal == SIGINT)
      return verdict::end;
    if (signal == SIGHUP)
      return verdict::again;
    tell_service_manager("WATCHDOG=1");
  }
}

verdict run_with(const configuration& settings, const std::string& config, const sigset_t& signals) {
  auto started = running_daemon::start(settings);
  if (!started && started.error().code == errc::not_allowed) { // another daemon has the journal
    say(stderr, "timeloom: {}\n", one_line(started.error().message));
    return verdict::fault;
  }
  if (!started)
    return run_safe_mode(settings, started.error(), signals);
  auto& daemon = **started;
  say(stderr, "timeloom: the daemon runs{}{}\n", daemon.url().empty() ? "" : " at ", daemon.url());
  tell_service_manager("READY=1\nSTATUS=running " + daemon.url());
  const auto watchdog = watchdog_interval();
  for (;;) {
    const int signal = wait_for_signal(signals, watchdog.value_or(least_wait));
    if (signal == SIGTERM || signal == SIGINT) {
      tell_service_manager("STOPPING=1");
      return verdict::end;
    }
    if (signal == SIGHUP) {
      if (auto log = reopen_log(settings.log); !log)
        say(stderr, "timeloom: {}\n", one_line(log.error().message));
      if (const auto wanted = load(config))
        daemon.reload(*wanted);
      else
        spdlog::error("the configuration stays as it was: {}", one_line(wanted.error().message));
    }
    if (!daemon.is_alive()) {
      say(stderr, "timeloom: the daemon ended by a fault\n");
      return verdict::fault;
    }
    if (watchdog && daemon.is_well())
      tell_service_manager("WATCHDOG=1");
  }
}

} // namespace

exit_code run_daemon(const std::string& config) {
  ::mallopt(M_ARENA_MAX, 2); // each of its threads would keep an arena as large as it once was
  const auto signals = block_signals({SIGINT, SIGTERM, SIGHUP});
  auto settings = load(config);
  if (auto log = start_log(settings ? settings->log : readable_groups(config).log); !log) {
    say(stderr, "timeloom: {}\n", one_line(log.error().message));
    return exit_code::wrong_use;
  }
  for (;;) {
    const auto ended = settings ? run_with(*settings, config, signals)
                                : run_safe_mode(readable_groups(config), settings.error(), signals);
    if (ended != verdict::again)
      return ended == verdict::end ? exit_code::done : exit_code::failed;
    settings = load(config);
  }
}

} // namespace timeloom
