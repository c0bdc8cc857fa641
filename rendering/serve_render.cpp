#include "media/media_memory.hpp"
#include "media/record_channel.hpp"
#include "rendering/render.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <unistd.h>

namespace timeloom {

namespace {

constexpr auto report_interval = std::chrono::milliseconds{200};

expected<std::string> read_all(const unique_fd& fd) {
  std::string text;
  std::array<char, 64 * 1024> part;
  for (;;) {
    const auto count = ::pread(fd.get(), part.data(), part.size(), static_cast<off_t>(text.size()));
    if (count == 0)
      return text;
    if (count < 0 && errno != EINTR)
      return fail(errc::io, "the order cannot be read: {}", errno_text(errno));
    text.append(part.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  }
}

expected<render_done> take_order(const std::function<void(const render_progress&)>& tell) {
  const unique_fd order_file{render_order_fd};
  render_files files{unique_fd{render_input_fd}, unique_fd{render_video_fd}, unique_fd{render_sheet_fd}};
  const auto text = read_all(order_file);
  if (!text)
    return tl::unexpected{text.error()};
  const auto order = render_order_from(*text);
  if (!order)
    return tl::unexpected{order.error()};
  return render(*order, std::move(files), tell);
}

} // namespace

void serve_render(int socket) {
  limit_media_memory();
  prepare_media_process();
  record_channel channel{unique_fd{socket}};
  auto told = std::chrono::steady_clock::now();
  const auto ended = take_order([&](const render_progress& progress) {
    if (const auto now = std::chrono::steady_clock::now(); now - told >= report_interval) {
      told = now;
      if (!channel.send(to_record(progress)))
        ::_exit(0); // the coordinator is gone; threads may be anywhere inside FFmpeg, so nothing is waited for
    }
  });
  const auto sent = channel.send(to_record(ended ? render_report{*ended} : render_report{ended.error()}));
  ::_exit(sent ? 0 : 70);
}

} // namespace timeloom
