#include "app/progress_display.hpp"

#include "app/console.hpp"
#include "core/last_part.hpp"
#include "timeline/utf8.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

namespace timeloom {

namespace {

constexpr auto line_interval = std::chrono::seconds{10};
constexpr int bar_width = 24;

std::string clock_text(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole >= 3600)
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

/// The last part of the path, in printable characters and at most `limit` of them.
std::string short_name(const std::string& path, std::size_t limit) {
  auto name = one_line(last_part(path));
  if (name.size() > limit)
    name = "..." + repaired_utf8(name.substr(name.size() - limit + 3));
  return name;
}

std::size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

std::string event_count(const timeline& made, const analyzer_report& report) {
  const bool gave_results = report.status == analyzer_status::done || report.status == analyzer_status::partial;
  return gave_results ? std::to_string(count_finds(made, report.id)) : "-";
}

void print_json(const nlohmann::ordered_json& object) {
  // In ASCII: a terminal may show it, and names may hold control characters beyond ASCII.
  const auto line = object.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
  say(stdout, "{}\n", line);
}

} // namespace

std::string summary_table(const timeline& made, const std::vector<std::string>& files) {
  const auto& media = made.media;
  std::string text = fmt::format("{}: {}x{} {}, {} frames, {} s, analyzed in {:.1f} s\n", short_name(media.path, 60),
                                 media.width, media.height, one_line(media.codec), media.frames,
                                 fmt::format("{:.1f}", to_seconds(media.duration)), made.made.wall_seconds);
  text += fmt::format("  {:<23} {:<8} {:>7} {:>8}\n", "analyzer", "status", "events", "seconds");
  for (const auto& report : made.analyzers) {
    text += fmt::format("  {:<23} {:<8} {:>7} {:>8.2f}\n", report.id, to_string(report.status),
                        event_count(made, report), report.seconds);
    if (!report.reason.empty())
      text += fmt::format("    {}\n", one_line(report.reason));
  }
  for (const auto& file : files)
    text += fmt::format("  {}\n", one_line(file));
  return text;
}

progress_display::progress_display(progress_style style, std::vector<std::string> videos) : style_(style) {
  for (auto& video : videos)
    videos_.push_back({std::move(video), {}, {}, {}, false, false});
}

void progress_display::erase_bars() {
  if (bars_drawn_ > 0)
    say(stderr, "\033[{}A\033[J", bars_drawn_);
  bars_drawn_ = 0;
}

void progress_display::draw_bars() {
  const auto width = terminal_width() - 1;
  for (const auto& video : videos_)
    if (!video.bar.empty()) {
      say(stderr, "{}\n", video.bar.substr(0, width));
      ++bars_drawn_;
    }
}

void progress_display::progress(std::size_t video, int attempt, std::int64_t frames, media_time time,
                                media_time duration) {
  const std::lock_guard lock{mutex_};
  show(videos_[video], "progress", attempt, frames, time, duration);
}

void progress_display::drawing(std::size_t video, std::int64_t frames, media_time time, media_time duration) {
  const std::lock_guard lock{mutex_};
  auto& shown = videos_[video];
  if (!std::exchange(shown.drawing, true))
    shown.seen = false;
  show(shown, "render_progress", 1, frames, time, duration);
}

void progress_display::drawn(std::size_t video, const drawn_video& made, const error& problem) {
  const std::lock_guard lock{mutex_};
  auto& shown = videos_[video];
  shown.bar.clear();
  erase_bars();
  if (style_ == progress_style::json) {
    nlohmann::ordered_json object{{"type", "render"}, {"video", shown.name}, {"files", made.files}};
    if (!made.without_sound.empty())
      object["without_sound"] = made.without_sound;
    if (!made.without_sheet.empty())
      object["without_sheet"] = made.without_sheet;
    if (!problem.message.empty())
      object["error"] = {{"code", to_string(problem.code)}, {"message", problem.message}};
    print_json(object);
  } else {
    if (style_ != progress_style::silent)
      for (const auto& file : made.files)
        say(stdout, "{}: {}\n", short_name(shown.name, 60), one_line(file));
    if (!made.without_sound.empty())
      say(stderr, "timeloom: the annotated video of {} has not all of the sound: {}\n", one_line(shown.name),
          one_line(made.without_sound));
    if (!made.without_sheet.empty())
      say(stderr, "timeloom: {} has no contact sheet: {}\n", one_line(shown.name), one_line(made.without_sheet));
    if (!problem.message.empty())
      say(stderr, "timeloom: {} was not drawn on: {}\n", one_line(shown.name), one_line(problem.message));
  }
  draw_bars();
}

void progress_display::show(state& shown, const char* type, int attempt, std::int64_t frames, media_time time,
                            media_time duration) {
  const auto now = clock::now();
  if (!std::exchange(shown.seen, true))
    shown.started = shown.printed = now;
  const double spent = std::chrono::duration<double>(now - shown.started).count();
  const double fps = spent > 0.05 ? static_cast<double>(frames) / spent : 0;
  const double share = duration.count() > 0 ? std::clamp(to_seconds(time) / to_seconds(duration), 0.0, 1.0) : 0;
  const double left = share > 0.01 ? spent * (1 - share) / share : 0;

  if (style_ == progress_style::json)
    return print_json({{"type", type},
                       {"video", shown.name},
                       {"attempt", attempt},
                       {"frames", frames},
                       {"time_s", to_seconds(time)},
                       {"duration_s", to_seconds(duration)},
                       {"frames_per_s", std::round(fps * 10) / 10},
                       {"left_s", std::round(left * 10) / 10}});
  if (style_ == progress_style::silent || (style_ == progress_style::lines && now - shown.printed < line_interval))
    return;
  std::string measure = share > 0
                            ? fmt::format("{:3.0f} %  {:5.0f} frames/s  {} left", share * 100, fps, clock_text(left))
                            : fmt::format("{} frames  {:5.0f} frames/s", frames, fps);
  if (attempt > 1)
    measure += fmt::format("  attempt {}", attempt);
  if (shown.drawing)
    measure += "  drawing";
  if (style_ == progress_style::lines) {
    shown.printed = now;
    say(stderr, "{}: {}\n", short_name(shown.name, 60), measure);
    return;
  }
  const int filled = static_cast<int>(share * bar_width);
  shown.bar =
      fmt::format("{:<28} [{}{}] {}", short_name(shown.name, 28), std::string(static_cast<std::size_t>(filled), '#'),
                  std::string(static_cast<std::size_t>(bar_width - filled), '.'), measure);
  erase_bars();
  draw_bars();
}

void progress_display::finished(std::size_t video, const timeline* made, const std::vector<std::string>& files,
                                const error& problem) {
  const std::lock_guard lock{mutex_};
  auto& shown = videos_[video];
  shown.bar.clear();
  erase_bars();
  if (style_ == progress_style::json) {
    nlohmann::ordered_json object{{"type", "result"}, {"video", shown.name}};
    if (made != nullptr)
      for (const auto& report : made->analyzers)
        object["analyzers"].push_back({{"id", report.id},
                                       {"status", to_string(report.status)},
                                       {"reason", report.reason},
                                       {"seconds", report.seconds}});
    if (!problem.message.empty())
      object["error"] = {{"code", to_string(problem.code)}, {"message", problem.message}};
    object["files"] = files;
    print_json(object);
  } else {
    if (made != nullptr && style_ != progress_style::silent) {
      say(stdout, "{}", summary_table(*made, files));
    }
    if (!problem.message.empty())
      say(stderr, "timeloom: {}\n", one_line(problem.message));
  }
  draw_bars();
}

} // namespace timeloom
