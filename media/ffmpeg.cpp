#include "media/ffmpeg.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <mutex>

namespace timeloom::ffmpeg {

namespace {

std::mutex log_mutex;
std::string last_line; // guarded by log_mutex

void keep_line(void* object, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_ERROR)
    return;
  std::array<char, 512> text{};
  int prefix = 1;
  av_log_format_line2(object, level, format, arguments, text.data(), text.size(), &prefix);
  std::string line{text.data()};
  if (const auto end = line.find(" @ 0x");
      line.starts_with('[') && end != std::string::npos) { // "[h264 @ 0x55..] text"
    const auto close = line.find("] ", end);
    if (close != std::string::npos)
      line = line.substr(1, end - 1) + ": " + line.substr(close + 2);
  }
  while (!line.empty() && (line.back() == '\n' || line.back() == ' '))
    line.pop_back();
  if (line.empty())
    return;
  const std::lock_guard lock{log_mutex};
  last_line = std::move(line);
}

} // namespace

std::string error_text(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

void collect_log() {
  av_log_set_callback(keep_line);
}

std::string take_last_log_line() {
  const std::lock_guard lock{log_mutex};
  return std::exchange(last_line, {});
}

} // namespace timeloom::ffmpeg
