#include "rendering/sound_encoder.hpp"

#include <algorithm>

extern "C" {
#include <libavutil/channel_layout.h>
}

namespace timeloom {

namespace {

constexpr int rate_hz = 48'000;
constexpr int bits_a_channel = 80'000; // a second
constexpr media_time rounding = std::chrono::milliseconds{20};

} // namespace

expected<std::unique_ptr<sound_encoder>> sound_encoder::open(const stored_sound& stored, media_time origin,
                                                             take_packet take) {
  std::unique_ptr<sound_encoder> made{new sound_encoder{stored, origin, std::move(take)}};
  if (const auto& facts = made->decoder_.facts(); facts.errors > 0)
    return fail(errc::unsupported, "nothing here decodes {}", facts.codec);
  if (auto started = made->start(stored.stream().codecpar->ch_layout.nb_channels == 1 ? 1 : 2); !started)
    return tl::unexpected{started.error()};
  return made;
}

sound_encoder::sound_encoder(const stored_sound& stored, media_time origin, take_packet take)
    : origin_(origin),
      take_(std::move(take)),
      decoder_(stored.container(), stored.stream(), [this](const sound_block& block) { return take_in(block); }) {}

expected<void> sound_encoder::start(int channels) {
  const auto* codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
  if (codec == nullptr)
    return fail(errc::unsupported, "this FFmpeg has no encoder of AAC");
  encoder_.reset(avcodec_alloc_context3(codec));
  if (!encoder_ || !track_ || !frame_ || !packet_)
    return fail(errc::exhausted, "no memory to encode sound");
  encoder_->sample_rate = rate_hz;
  encoder_->sample_fmt = AV_SAMPLE_FMT_FLTP;
  encoder_->bit_rate = std::int64_t{bits_a_channel} * channels;
  encoder_->time_base = {1, rate_hz};
  encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  av_channel_layout_default(&encoder_->ch_layout, channels);
  int result = avcodec_open2(encoder_.get(), codec, nullptr);
  if (result >= 0)
    result = avcodec_parameters_from_context(track_.get(), encoder_.get());
  if (result < 0)
    return fail(errc::unsupported, "sound cannot be encoded: {}", ffmpeg::error_text(result));
  return {};
}

bool sound_encoder::take_in(const sound_block& block) {
  if (!converter_ || block.rate_hz != from_rate_hz_ || block.channels.size() != from_channels_ ||
      block.start > ends_ + rounding) {
    end_stretch();
    if (!set_format(block))
      return false;
    next_ = std::max(next_, av_rescale(block.start.count(), rate_hz, 1'000'000'000));
  }
  ends_ = block.end();
  const auto* from = reinterpret_cast<const std::uint8_t*>(block.samples.data());
  convert(&from, static_cast<int>(block.frames()));
  return problem_.empty();
}

bool sound_encoder::set_format(const sound_block& block) {
  from_rate_hz_ = block.rate_hz;
  from_channels_ = block.channels.size();
  AVChannelLayout layout{};
  av_channel_layout_default(&layout, static_cast<int>(from_channels_));
  SwrContext* made = nullptr;
  const bool ready = swr_alloc_set_opts2(&made, &encoder_->ch_layout, encoder_->sample_fmt, rate_hz, &layout,
                                         AV_SAMPLE_FMT_FLT, from_rate_hz_, 0, nullptr) >= 0 &&
                     swr_init(made) >= 0;
  av_channel_layout_uninit(&layout);
  converter_.reset(ready ? made : nullptr);
  if (ready)
    return true;
  swr_free(&made);
  problem_ = fmt::format("sound of {} channels at {} Hz cannot be mixed to {}", from_channels_, from_rate_hz_,
                         encoder_->ch_layout.nb_channels);
  return false;
}

void sound_encoder::convert(const std::uint8_t** from, int count) {
  const auto begin = pending_[0].size();
  const int room = std::max(0, swr_get_out_samples(converter_.get(), count));
  std::array<std::uint8_t*, 2> to{};
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    pending_[i].resize(begin + static_cast<std::size_t>(room));
    to[i] = reinterpret_cast<std::uint8_t*>(pending_[i].data() + begin);
  }
  const int got = swr_convert(converter_.get(), to.data(), room, from, count);
  for (auto& channel : pending_)
    channel.resize(begin + static_cast<std::size_t>(std::max(0, got)));
  const auto whole = static_cast<std::size_t>(encoder_->frame_size);
  while (pending_[0].size() >= whole && problem_.empty())
    send(whole);
}

/// What was held back; the last frame is filled up with silence.
void sound_encoder::end_stretch() {
  if (!converter_)
    return;
  convert(nullptr, 0);
  if (!pending_[0].empty() && problem_.empty())
    send(pending_[0].size());
}

/// A frame with the first `count` samples that are pending.
void sound_encoder::send(std::size_t count) {
  av_frame_unref(frame_.get());
  frame_->nb_samples = encoder_->frame_size;
  frame_->format = encoder_->sample_fmt;
  frame_->sample_rate = rate_hz;
  int result = av_channel_layout_copy(&frame_->ch_layout, &encoder_->ch_layout);
  if (result >= 0)
    result = av_frame_get_buffer(frame_.get(), 0);
  if (result >= 0) {
    for (int i = 0; i < encoder_->ch_layout.nb_channels; ++i) {
      auto* to = reinterpret_cast<float*>(frame_->extended_data[i]);
      const auto* from = pending_[static_cast<std::size_t>(i)].data();
      std::fill(std::copy(from, from + count, to), to + frame_->nb_samples, 0.0F);
    }
    frame_->pts = next_;
    result = avcodec_send_frame(encoder_.get(), frame_.get());
  }
  if (result < 0)
    problem_ = fmt::format("after {:.3f} s: sound was not encoded: {}", to_seconds(ends_), ffmpeg::error_text(result));
  next_ += encoder_->frame_size;
  for (auto& channel : pending_)
    channel.erase(channel.begin(), channel.begin() + static_cast<std::ptrdiff_t>(count));
  receive();
}

void sound_encoder::receive() {
  while (avcodec_receive_packet(encoder_.get(), packet_.get()) >= 0) {
    ++packets_;
    take_(*packet_, media_time{av_rescale(packet_->pts, 1'000'000'000, rate_hz)});
    av_packet_unref(packet_.get());
  }
}

void sound_encoder::finish() {
  decoder_.decode(nullptr, origin_);
  end_stretch();
  avcodec_send_frame(encoder_.get(), nullptr);
  receive();
}

std::string sound_encoder::problem() const {
  return !problem_.empty() || packets_ > 0 ? problem_ : decoder_.facts().first_error;
}

} // namespace timeloom
