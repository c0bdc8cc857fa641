#include "media/stored_sound.hpp"

#include "media/containers.hpp"
#include "media/stream_time.hpp"

#include <algorithm>
#include <span>

namespace timeloom {

expected<std::unique_ptr<stored_sound>> stored_sound::open(unique_fd fd, const std::string& name,
                                                           const source_options& options, int pictures,
                                                           media_time origin) {
  std::unique_ptr<stored_sound> sound{new stored_sound};
  auto reader = fd_reader::create(std::move(fd), name);
  if (!reader)
    return tl::unexpected{reader.error()};
  sound->reader_ = std::move(*reader);
  auto format = open_container(*sound->reader_, name, options.max_pixels);
  if (!format)
    return tl::unexpected{format.error()};
  sound->format_ = std::move(*format);
  if (!sound->packet_)
    return fail(errc::exhausted, "no memory to read the sound of {}", name);

  sound->stream_ = sound_beside(*sound->format_, pictures);
  if (sound->stream_ == nullptr)
    return nullptr;
  for (auto* stream : std::span{sound->format_->streams, sound->format_->nb_streams})
    stream->discard = stream == sound->stream_ ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  sound->origin_ = origin;
  return sound;
}

bool stored_sound::next() {
  for (;;) {
    av_packet_unref(packet_.get());
    const int read = av_read_frame(format_.get(), packet_.get());
    if (read < 0 && read != AVERROR(EAGAIN))
      return false;
    if (read >= 0 && packet_->stream_index == stream_->index && packet_->size > 0 && take_time())
      return true;
  }
}

bool stored_sound::take_time() {
  const auto begins = packet_->dts != AV_NOPTS_VALUE ? packet_->dts : packet_->pts;
  if (begins == AV_NOPTS_VALUE)
    return false;
  const auto heard = to_media_time(begins, stream_->time_base);
  if (begun_ && is_joined(*format_, heard - origin_, at_, ends_))
    origin_ = heard - ends_;
  begun_ = true;
  at_ = std::clamp(heard - origin_, -longest, longest);
  ends_ = std::min(longest, at_ + to_media_time(std::max<std::int64_t>(0, packet_->duration), stream_->time_base));
  return true;
}

} // namespace timeloom
