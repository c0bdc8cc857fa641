#include "media/stream_time.hpp"

#include <algorithm>

namespace timeloom {

namespace {

constexpr AVRational nanoseconds{1, 1'000'000'000};

/// A stream with a step of its clock this large was joined from recordings.
constexpr media_time step_back = std::chrono::seconds{1}, step_ahead = std::chrono::minutes{1};

} // namespace

media_time to_media_time(std::int64_t value, AVRational base) {
  if (base.num <= 0 || base.den <= 0)
    return media_time{0};
  // Beyond 64 bits FFmpeg gives INT64_MIN, whatever the sign was.
  const auto ticks = av_rescale_q(value, base, nanoseconds);
  if (ticks == INT64_MIN)
    return value < 0 ? -longest : longest;
  return std::clamp(media_time{ticks}, -longest, longest);
}

bool is_joined(const AVFormatContext& format, media_time shown, media_time latest, media_time ends) {
  return (format.iformat->flags & AVFMT_TS_DISCONT) != 0 && (shown < latest - step_back || shown > ends + step_ahead);
}

} // namespace timeloom
