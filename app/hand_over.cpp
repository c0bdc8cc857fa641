#include "app/hand_over.hpp"

#include "app/daemon_contact.hpp"
#include "app/daemon_plan.hpp"
#include "serving/job_json.hpp"
#include "timeline/import_json.hpp"
#include "timeline/utf8.hpp"

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

namespace timeloom {

namespace {

namespace fs = std::filesystem;

constexpr auto pause_between_streams = std::chrono::milliseconds{300};

/// Why the daemon would not do; empty: it would.
std::string objection(http_client& daemon, const configuration& settings) {
  const auto text = daemon.get("/stats");
  if (!text)
    return text.error().message;
  const auto stats = nlohmann::json::parse(*text, nullptr, false);
  if (!stats.is_object() || !stats.contains("analysis") || stats["analysis"] != analysis_digest(settings))
    return "its version, analyzers, options or models are not those of this call";
  if (!stats.contains("paused") || stats["paused"] != false)
    return "it is paused";
  return {};
}

/// The video by which the daemon knows it; empty: it cannot be told, or is a folder of images.
std::string name_for_daemon(const std::string& path) {
  std::error_code none;
  const auto real = fs::canonical(path, none).string();
  return !none && fs::is_regular_file(real, none) && is_utf8(real) ? real : std::string{};
}

} // namespace

/// What `run` knows.
struct hand_over::work {
  hand_over& with;
  http_client daemon{with.daemon_};
  bool thumbnails = false;
  wall_time began = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  std::map<job_id, handed_video> open{};
  std::vector<std::size_t> left{};

  void leave(const handed_video& video, const std::string& reason) {
    with.listener_.note(fmt::format("{} is analyzed without the daemon: {}", one_line(video.path), one_line(reason)));
    left.push_back(video.number);
  }

  void submit(const handed_video& video) {
    const auto name = name_for_daemon(video.path);
    if (name.empty())
      return left.push_back(video.number);
    auto job = daemon.post("/v1/jobs", to_json_text({.path = name})).and_then(job_from_json);
    if (!job)
      return leave(video, job.error().message);
    if (job->entry.state == job_state::partial) // of before; now it may go better
      if (auto again = daemon.post(fmt::format("/v1/jobs/{}/retry", job->entry.id)).and_then(job_from_json))
        job = std::move(again);
    {
      const std::lock_guard lock{with.mutex_};
      if (job->entry.created >= began)
        with.made_.push_back(job->entry.id);
    }
    if (!open.emplace(job->entry.id, video).second)
      return leave(video, fmt::format("its job {} is that of another video of this call", job->entry.id));
    take(job->entry);
  }

  expected<timeline> result_of(job_id id, const std::string& path) {
    auto made = daemon.get(fmt::format("/v1/jobs/{}/timeline", id)).and_then(import_json);
    if (!made)
      return made;
    made->media.path = path;
    for (auto& scene : made->scenes) {
      if (!thumbnails)
        break;
      auto picture = daemon.get(fmt::format("/v1/jobs/{}/thumbnails/{}", id, scene.number));
      if (picture)
        scene.thumbnail_jpeg = std::move(*picture);
      else if (picture.error().code != errc::not_found)
        return tl::unexpected{picture.error()};
    }
    return made;
  }

  /// The job's state as it was told: is it over?
  void take(const job_entry& job) {
    const auto found = open.find(job.id);
    if (found == open.end() || !is_final(job.state))
      return;
    const auto video = found->second;
    open.erase(found);
    if (job.state == job_state::cancelled)
      return with.listener_.finished(
          video.number, fail(errc::cancelled, "{}: job {} of the daemon was cancelled", video.path, job.id));
    if (job.state != job_state::done && job.state != job_state::partial)
      return leave(video, fmt::format("its job {} is {}: {}", job.id, to_string(job.state), job.reason));
    auto made = result_of(job.id, video.path);
    if (!made)
      return leave(video, made.error().message);
    with.listener_.finished(video.number, std::move(made));
  }

  void hear(const server_event& event) {
    if (event.kind == "missed")
      return look();
    if (event.kind == "state") {
      if (const auto job = job_from_json(event.data))
        take(job->entry);
    } else if (event.kind == "progress") {
      const auto at = progress_from_json(event.data);
      if (const auto found = at ? open.find(at->first) : open.end(); found != open.end())
        with.listener_.progress(found->second.number, at->second);
    }
  }

  /// Asks how every open job stands.
  void look() {
    for (const auto& [id, video] : std::map{open}) {
      const auto job = daemon.get(fmt::format("/v1/jobs/{}", id)).and_then(job_from_json);
      if (job)
        take(job->entry);
      else if (job.error().code == errc::io || job.error().code == errc::timeout)
        return give_up(job.error().message);
      else if (job.error().code != errc::exhausted && open.erase(id) > 0)
        leave(video, job.error().message);
    }
  }

  void give_up(const std::string& reason) {
    for (const auto& [id, video] : std::exchange(open, {}))
      leave(video, reason);
  }
};

std::unique_ptr<hand_over> hand_over::begin(const configuration& settings, hand_over_listener listener) {
  auto found = find_daemon(settings);
  if (!found && found.error().code == errc::not_found)
    return nullptr;
  std::string reason = found ? std::string{} : found.error().message;
  if (found) {
    http_client daemon{*found};
    reason = objection(daemon, settings);
  }
  if (!reason.empty()) {
    listener.note(fmt::format("the daemon is not asked: {}", one_line(reason)));
    return nullptr;
  }
  return std::unique_ptr<hand_over>{new hand_over{std::move(*found), std::move(listener)}};
}

std::vector<std::size_t> hand_over::run(const std::vector<handed_video>& videos, bool thumbnails) {
  work here{.with = *this, .thumbnails = thumbnails};
  for (const auto& video : videos)
    here.submit(video);
  http_client stream{daemon_};
  while (!here.open.empty()) {
    // What goes wrong with the stream, `look` finds out: too many are open, or the daemon ends.
    (void)stream.listen(
        "/v1/events",
        [&](const server_event& event) {
          here.hear(event);
          return !here.open.empty();
        },
        [&] {
          here.look();
          return !here.open.empty();
        });
    if (here.open.empty())
      break;
    std::this_thread::sleep_for(pause_between_streams);
    here.look();
  }
  return std::move(here.left);
}

void hand_over::cancel() {
  const std::lock_guard lock{mutex_};
  http_client daemon{daemon_};
  for (const auto id : made_)
    (void)daemon.del(fmt::format("/v1/jobs/{}", id)); // one that is over says so
}

} // namespace timeloom
