#include "app/render_process.hpp"

#include "actors/worker_process.hpp"
#include "app/pending_file.hpp"
#include "app/result_files.hpp"
#include "app/sibling_program.hpp"
#include "core/durable_file.hpp"
#include "media/input_file.hpp"
#include "media/record_channel.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

namespace timeloom {

namespace {

constexpr auto end_patience = std::chrono::seconds{5};

/// A file in memory that holds the order.
expected<unique_fd> written_order(const render_order& order) {
  const auto text = to_text(order);
  unique_fd file{::memfd_create("timeloom-render-order", MFD_CLOEXEC)};
  if (!file || !write_bytes(file.get(), text))
    return fail(errc::io, "no memory for the order to a render worker: {}", errno_text(errno));
  return file;
}

expected<unique_fd> duplicate(int fd) {
  unique_fd copy{::fcntl(fd, F_DUPFD_CLOEXEC, 0)};
  if (!copy)
    return fail(errc::io, "no descriptor for a render worker: {}", errno_text(errno));
  return copy;
}

/// Until there is something to receive.
expected<void> wait_for(int channel, int stop_fd, std::chrono::seconds patience) {
  pollfd ready[] = {{channel, POLLIN, 0}, {stop_fd, POLLIN, 0}};
  const auto limit = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(limit - std::chrono::steady_clock::now());
    if (left.count() <= 0)
      return fail(errc::timeout, "the render worker said nothing for {} s and was ended", patience.count());
    const int count = ::poll(ready, 2, static_cast<int>(left.count()));
    if (count < 0 && errno != EINTR)
      return fail(errc::io, "the render worker cannot be waited for: {}", errno_text(errno));
    if (count > 0 && ready[1].revents != 0)
      return fail(errc::cancelled, "the render worker was stopped");
    if (count > 0 && ready[0].revents != 0)
      return {};
  }
}

/// Follows a worker to its last report.
expected<render_done> follow(record_channel& channel, worker_process& worker, int stop_fd,
                             std::chrono::seconds patience, const std::function<void(const render_progress&)>& tell) {
  for (;;) {
    if (auto ready = wait_for(channel.descriptor(), stop_fd, patience); !ready)
      return tl::unexpected{ready.error()};
    const auto record = channel.receive();
    if (!record)
      return tl::unexpected{record.error()};
    if (!*record)
      return fail(errc::worker_lost, "the render worker {}", worker.end(end_patience));
    const auto report = render_report_from((*record)->bytes);
    if (!report)
      return tl::unexpected{report.error()};
    if (const auto* progress = std::get_if<render_progress>(&*report))
      tell(*progress);
    else if (const auto* problem = std::get_if<error>(&*report))
      return tl::unexpected{*problem};
    else
      return std::get<render_done>(*report);
  }
}

} // namespace

std::string why_no_sheet(const timeline& made) {
  const auto report = std::ranges::find(made.analyzers, "scene_segmentation", &analyzer_report::id);
  if (report == made.analyzers.end())
    return "no scenes were found, because scene_segmentation did not run";
  if (report->status == analyzer_status::done)
    return "scene_segmentation found no scenes";
  return fmt::format("no scenes were found, because scene_segmentation is {}: {}", to_string(report->status),
                     report->reason);
}

expected<drawn_video> run_render(const render_settings& settings, const std::string& input, const std::string& stem,
                                 const timeline& made, int stop_fd,
                                 const std::function<void(const render_progress&)>& tell) {
  auto opened = open_input(input, settings.root);
  if (!opened)
    return tl::unexpected{opened.error()};
  if (!opened->is_folder && opened->bytes != made.media.bytes)
    return fail(errc::invalid_argument, "{} has changed since it was analyzed", input);
  const auto paths = render_paths_of(settings.dir, stem);
  auto video = pending_file::create(paths.video);
  if (!video)
    return tl::unexpected{video.error()};
  auto sheet = pending_file::create(paths.sheet);
  if (!sheet)
    return tl::unexpected{sheet.error()};

  auto order = written_order({opened->is_folder, settings.source, made});
  auto ends = record_channel::create_pair();
  auto video_fd = duplicate(video->fd()), sheet_fd = duplicate(sheet->fd());
  if (!order || !ends || !video_fd || !sheet_fd)
    return tl::unexpected{!order      ? order.error()
                          : !ends     ? ends.error()
                          : !video_fd ? video_fd.error()
                                      : sheet_fd.error()};
  auto& [channel, theirs] = *ends;
  std::vector<unique_fd> descriptors;
  descriptors.emplace_back(theirs.release());
  descriptors.push_back(std::move(opened->fd));
  descriptors.push_back(std::move(*order));
  descriptors.push_back(std::move(*video_fd));
  descriptors.push_back(std::move(*sheet_fd));
  auto worker = worker_process::start({sibling_program(render_worker_program), {}, {}}, std::move(descriptors));
  if (!worker)
    return tl::unexpected{worker.error()};
  auto done = follow(channel, *worker, stop_fd, settings.stall_timeout, tell);
  if (!done)
    return tl::unexpected{done.error()};

  drawn_video drawn;
  drawn.without_sound = std::move(done->without_sound);
  if (auto kept = video->keep(settings.overwrite); !kept)
    return tl::unexpected{kept.error()};
  drawn.files.push_back(paths.video);
  if (made.scenes.empty()) {
    drawn.without_sheet = why_no_sheet(made);
    return drawn;
  }
  if (auto kept = sheet->keep(settings.overwrite); !kept)
    return tl::unexpected{kept.error()};
  drawn.files.push_back(paths.sheet);
  return drawn;
}

} // namespace timeloom
