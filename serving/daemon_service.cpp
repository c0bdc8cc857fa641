#include "serving/daemon_service.hpp"

#include "actors/caf_error.hpp"
#include "actors/metrics_json.hpp"
#include "serving/job_json.hpp"
#include "serving/prometheus_text.hpp"
#include "serving/publication.hpp"
#include "serving/thumbnails.hpp"

#include <algorithm>
#include <caf/scoped_actor.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

namespace timeloom {

namespace {

constexpr auto patience = std::chrono::seconds{10};

/// The metric's name with its label in braces.
std::string name_of(const std::string& name, const std::string& label) {
  return label.empty() ? name : fmt::format("{}{{{}}}", name, label);
}

nlohmann::ordered_json to_json(const worker_metrics& worker, std::string_view kind) {
  const bool started = !worker.metrics.summaries.empty() ||
                       std::any_of(worker.metrics.values.begin(), worker.metrics.values.end(),
                                   [](const auto& one) { return one.name != worker_losses_metric; });
  nlohmann::ordered_json made{{"name", worker.worker},
                              {"kind", kind},
                              {"device", worker.device},
                              {"state", !worker.problem.empty() ? "gives no answer"
                                        : worker.sessions > 0   ? "busy"
                                        : started               ? "idle"
                                                                : "not started"},
                              {"problem", worker.problem},
                              {"restarts", 0},
                              {"metrics", nlohmann::ordered_json::object()}};
  for (const auto& one : worker.metrics.values) {
    if (one.name == worker_losses_metric)
      made["restarts"] = std::llround(one.value);
    made["metrics"][name_of(one.name, one.label)] = one.value;
  }
  for (const auto& one : worker.metrics.summaries) {
    add_summary(made["metrics"][name_of(one.name, one.label)], one);
  }
  return made;
}

/// The models that the workers on this GPU hold.
nlohmann::ordered_json models_on(const std::string& uuid, const metrics_report& report) {
  auto found = nlohmann::ordered_json::array();
  for (const auto& worker : report.workers)
    for (const auto& one : worker.metrics.values)
      if (const bool on_device = one.name == "timeloom_model_on_device_bytes";
          worker.device == uuid && (on_device || one.name == "timeloom_model_on_host_bytes"))
        found.push_back({{"id", one.label}, {"bytes", one.value}, {"tier", on_device ? "device" : "host"}});
  return found;
}

nlohmann::ordered_json to_json(const gpu_usage& gpu, const metrics_report& report) {
  return {{"name", gpu.device.name},
          {"uuid", gpu.device.uuid},
          {"used_bytes", gpu.used_bytes.mean()},
          {"total_bytes", gpu.device.total_bytes},
          {"gpu_percent", gpu.gpu_percent.mean()},
          {"decoder_percent", gpu.decoder_percent.mean()},
          {"problem", gpu.problem ? gpu.problem->message : ""},
          {"models", models_on(gpu.device.uuid, report)}};
}

} // namespace

daemon_service::daemon_service(caf::actor_system& system, daemon_actor daemon, coordinator_actor coordinator,
                               event_feed& feed, shared_setup setup, daemon_service_options options, journal_view view)
    : system_(system),
      daemon_(std::move(daemon)),
      coordinator_(std::move(coordinator)),
      feed_(feed),
      options_(std::move(options)),
      setup_(std::move(setup)),
      view_(std::move(view)) {}

expected<std::unique_ptr<daemon_service>> daemon_service::create(caf::actor_system& system, daemon_actor daemon,
                                                                 coordinator_actor coordinator, event_feed& feed,
                                                                 shared_setup setup, daemon_service_options options) {
  auto view = journal_view::open(options.journal_path);
  if (!view)
    return tl::unexpected{view.error()};
  return std::unique_ptr<daemon_service>{new daemon_service{system, std::move(daemon), std::move(coordinator), feed,
                                                            std::move(setup), std::move(options), std::move(*view)}};
}

shared_setup daemon_service::setup() const {
  const std::lock_guard lock{mutex_};
  return setup_;
}

void daemon_service::reload(shared_setup setup) {
  const std::lock_guard lock{mutex_};
  setup_ = std::move(setup);
}

template <class Answer, class Actor, class... Message>
expected<Answer> daemon_service::ask(const Actor& actor, Message... message) {
  caf::scoped_actor self{system_};
  expected<Answer> answer = fail(errc::timeout, "no answer");
  self->request(actor, patience, std::move(message)...)
      .receive([&](Answer& value) { answer = std::move(value); },
               [&](const caf::error& reason) { answer = tl::unexpected{from_caf(reason)}; });
  return answer;
}

expected<job_entry> daemon_service::submit(const submission& wanted) {
  return ask<job_entry>(daemon_, submit_atom_v, wanted);
}

expected<job_entry> daemon_service::job(job_id id) {
  return read([&](auto& view) { return view.job(id); });
}

expected<std::vector<job_step>> daemon_service::story(job_id id) {
  return read([&](auto& view) { return view.story(id); });
}

expected<job_listing> daemon_service::jobs(const job_filter& filter) {
  auto live = ask<live_jobs>(daemon_, live_atom_v);
  if (!live)
    return tl::unexpected{live.error()};
  return read([&](auto& view) -> expected<job_listing> {
    auto found = view.jobs(filter);
    if (!found)
      return tl::unexpected{found.error()};
    auto counts = view.counts();
    if (!counts)
      return tl::unexpected{counts.error()};
    return job_listing{std::move(*found), std::move(*counts), std::move(live->progress), live->paused,
                       std::move(live->held)};
  });
}

expected<job_entry> daemon_service::act(job_id id, job_action action) {
  return ask<job_entry>(daemon_, job_wish{id, action});
}

expected<void> daemon_service::pause_all(bool paused) {
  return ask<bool>(daemon_, pause_atom_v, paused).map([](bool) {});
}

expected<input_file> daemon_service::result_file(job_id id, const std::string& format) {
  const auto found = job(id);
  if (!found)
    return tl::unexpected{found.error()};
  const auto form = output_format_from_string(format);
  if (!form)
    return fail(errc::invalid_argument, "there is no timeline format \"{}\"", format);
  if (std::find(found->formats.begin(), found->formats.end(), format) == found->formats.end())
    return fail(errc::not_found, "job {} has no timeline as {}{}", id, format,
                found->formats.empty() ? "" : "; output.formats says which are written");
  return open_input(published_path(found->result, *form), setup()->output_dir);
}

expected<input_file> daemon_service::thumbnail(job_id id, int number) {
  if (const auto found = job(id); !found)
    return tl::unexpected{found.error()};
  const auto folder = setup()->state_dir;
  return open_input(thumbnail_path(folder, id, number), folder);
}

expected<input_file> daemon_service::media(job_id id) {
  const auto found = job(id);
  if (!found)
    return tl::unexpected{found.error()};
  return open_admitted(*setup(), place_of(*found));
}

expected<std::string> daemon_service::workers_json() {
  auto report = ask<metrics_report>(coordinator_, metrics_atom_v);
  if (!report)
    return tl::unexpected{report.error()};
  nlohmann::ordered_json made{{"workers", nlohmann::ordered_json::array()}, {"gpus", nlohmann::ordered_json::array()}};
  for (const auto& worker : report->media)
    made["workers"].push_back(to_json(worker, "media"));
  for (const auto& worker : report->workers)
    made["workers"].push_back(to_json(worker, worker.worker.starts_with("model") ? "models" : "analysis"));
  for (const auto& gpu : options_.gpus())
    made["gpus"].push_back(to_json(gpu, *report));
  return json_line(made);
}

expected<std::string> daemon_service::models_json() {
  return options_.models_json;
}

expected<std::string> daemon_service::stats_json() {
  auto live = ask<live_jobs>(daemon_, live_atom_v);
  if (!live)
    return tl::unexpected{live.error()};
  auto counts = read([](auto& view) { return view.counts(); });
  if (!counts)
    return tl::unexpected{counts.error()};
  nlohmann::ordered_json made{{"version", options_.version},
                              {"analysis", setup()->analysis_digest},
                              {"started", rfc3339(std::chrono::floor<std::chrono::milliseconds>(options_.started))},
                              {"running", live->progress.size()},
                              {"paused", live->paused},
                              {"held", live->held},
                              {"jobs", nlohmann::ordered_json::object()}};
  for (const auto& [state, count] : *counts)
    made["jobs"][std::string{to_string(state)}] = count;
  return json_line(made);
}

expected<std::string> daemon_service::metrics_text() {
  auto report = ask<metrics_report>(coordinator_, metrics_atom_v);
  if (!report)
    return tl::unexpected{report.error()};
  auto counts = read([](auto& view) { return view.counts(); });
  if (!counts)
    return tl::unexpected{counts.error()};
  prometheus_text text;
  text.describe("timeloom_jobs", "Jobs in the journal by state.");
  for (int i = 0; i <= static_cast<int>(job_state::cancelled); ++i) {
    const auto state = static_cast<job_state>(i);
    const auto found = counts->find(state);
    text.add("timeloom_jobs", {{"state", std::string{to_string(state)}}},
             found != counts->end() ? static_cast<double>(found->second) : 0);
  }
  text.describe("timeloom_start_time_seconds", "When the daemon started, in seconds since 1970.");
  text.add("timeloom_start_time_seconds", {},
           std::chrono::duration<double>(options_.started.time_since_epoch()).count());
  for (const auto* workers : {&report->media, &report->workers})
    for (const auto& worker : *workers)
      text.add(worker.metrics, {{"worker", worker.worker}});
  for (const auto& gpu : options_.gpus()) {
    const metric_labels which{{"gpu", gpu.device.uuid}};
    text.add("timeloom_gpu_busy_percent", which, gpu.gpu_percent.mean());
    text.add("timeloom_gpu_decoder_busy_percent", which, gpu.decoder_percent.mean());
    text.add("timeloom_gpu_used_bytes", which, gpu.used_bytes.mean());
    text.add("timeloom_gpu_total_bytes", which, static_cast<double>(gpu.device.total_bytes));
  }
  return text.text();
}

readiness daemon_service::ready() {
  return ending_ ? readiness{false, "the daemon is ending"} : readiness{true, ""};
}

} // namespace timeloom
