#include "media/sound_decoder.hpp"

#include "media/stream_time.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

extern "C" {
#include <libavutil/channel_layout.h>
#include <libavutil/frame.h>
}

namespace timeloom {

namespace {

// What is listened to. Together they bound a block, and what loudness needs to remember, to some tens of megabytes.
constexpr int least_rate_hz = 1000;
constexpr int most_rate_hz = 384'000;
constexpr int most_channels = 64;
constexpr std::int64_t most_samples_a_second = 4'000'000; // of all channels

// The filters that loudness is measured with are those of 48 kHz; fitted to much less, they err.
constexpr int least_kept_rate_hz = 32'000;
constexpr int usual_rate_hz = 48'000;

constexpr int blocks_a_second = 5;
constexpr std::int64_t most_frames = 1 << 21; // that a decoder may give at once
constexpr int most_errors_in_a_row = 1000;

/// Frames this near to where the one before ended follow it: containers round times, some to milliseconds.
constexpr media_time rounding = std::chrono::milliseconds{20};

bool has(const AVChannelLayout& layout, AVChannel channel) {
  return av_channel_layout_index_from_channel(&layout, channel) >= 0;
}

/// Back channels are the surround ones of 5.1; with side channels beside them they stand behind the listener, where
/// BS.1770 gives them no more weight than the front.
std::vector<channel_role> roles_of(const AVChannelLayout& layout) {
  AVChannelLayout usual{};
  const bool named = layout.order == AV_CHANNEL_ORDER_NATIVE || layout.order == AV_CHANNEL_ORDER_CUSTOM;
  if (!named)
    av_channel_layout_default(&usual, layout.nb_channels);
  const auto& used = named ? layout : usual;
  const bool has_sides = has(used, AV_CHAN_SIDE_LEFT);
  std::vector<channel_role> roles;
  for (int i = 0; i < layout.nb_channels; ++i) {
    switch (av_channel_layout_channel_from_index(&used, static_cast<unsigned>(i))) {
    case AV_CHAN_LOW_FREQUENCY:
    case AV_CHAN_LOW_FREQUENCY_2:
      roles.push_back(channel_role::low_frequency);
      break;
    case AV_CHAN_SIDE_LEFT:
    case AV_CHAN_SIDE_RIGHT:
    case AV_CHAN_WIDE_LEFT:
    case AV_CHAN_WIDE_RIGHT:
      roles.push_back(channel_role::surround);
      break;
    case AV_CHAN_BACK_LEFT:
    case AV_CHAN_BACK_RIGHT:
    case AV_CHAN_BACK_CENTER:
      roles.push_back(has_sides ? channel_role::front : channel_role::surround);
      break;
    default:
      roles.push_back(channel_role::front);
    }
  }
  av_channel_layout_uninit(&usual);
  return roles;
}

} // namespace

sound_decoder::sound_decoder(const AVFormatContext& format, const AVStream& stream,
                             std::function<bool(sound_block)> take)
    : format_(format), stream_(stream), take_(std::move(take)), frame_(av_frame_alloc()) {
  gathered_.start = -longest;
  facts_.stream = stream.index;
  facts_.codec = avcodec_get_name(stream.codecpar->codec_id);
  open();
}

void sound_decoder::open() {
  const auto* codec = avcodec_find_decoder(stream_.codecpar->codec_id);
  if (codec == nullptr)
    return count_error(fmt::format("nothing here decodes {}", facts_.codec));
  codec_.reset(avcodec_alloc_context3(codec));
  if (!frame_ || !codec_ || avcodec_parameters_to_context(codec_.get(), stream_.codecpar) < 0) {
    codec_.reset();
    return count_error("no memory to decode it");
  }
  codec_->pkt_timebase = stream_.time_base;
  codec_->thread_count = 1;
  codec_->max_samples = most_frames;
  if (const int result = avcodec_open2(codec_.get(), codec, nullptr); result < 0) {
    codec_.reset();
    count_error(fmt::format("{} cannot be decoded: {}", facts_.codec, ffmpeg::error_text(result)));
  }
}

void sound_decoder::count_error(std::string what) {
  const auto words = ffmpeg::take_last_log_line(); // also when not told: it is not about the pictures
  if (facts_.errors++ > 0)
    return;
  facts_.first_error =
      fmt::format("after {:.3f} s: {}{}", to_seconds(ends_), what, words.empty() ? "" : " (" + words + ")");
}

void sound_decoder::decode(const AVPacket* packet, media_time origin) {
  if (!origin_)
    origin_ = origin;
  if (codec_ && wanted_) {
    const int sent = avcodec_send_packet(codec_.get(), packet);
    if (sent < 0 && sent != AVERROR_EOF) {
      count_error(fmt::format("a packet was not decoded: {}", ffmpeg::error_text(sent)));
      ++errors_in_a_row_;
    }
    receive();
  }
  if (packet == nullptr)
    drain();
}

void sound_decoder::receive() {
  while (errors_in_a_row_ <= most_errors_in_a_row) {
    const int received = avcodec_receive_frame(codec_.get(), frame_.get());
    if (received == AVERROR(EAGAIN) || received == AVERROR_EOF)
      return;
    if (received == 0) {
      errors_in_a_row_ = 0;
      accept(*frame_);
      av_frame_unref(frame_.get());
    } else {
      count_error(fmt::format("a packet was not decoded: {}", ffmpeg::error_text(received)));
      ++errors_in_a_row_;
    }
  }
  count_error(fmt::format("it was given up after {} errors in a row", errors_in_a_row_));
  codec_.reset();
}

media_time sound_decoder::start_of(const AVFrame& frame) {
  if (frame.best_effort_timestamp == AV_NOPTS_VALUE)
    return ends_;
  const auto heard = to_media_time(frame.best_effort_timestamp, stream_.time_base);
  if (from_rate_hz_ != 0 && is_joined(format_, heard - *origin_, latest_, ends_))
    origin_ = heard - ends_;
  return std::clamp(heard - *origin_, -longest, longest);
}

void sound_decoder::accept(const AVFrame& frame) {
  const int channels = frame.ch_layout.nb_channels;
  const int rate_hz = frame.sample_rate;
  if (channels < 1 || channels > most_channels || rate_hz < least_rate_hz || rate_hz > most_rate_hz ||
      std::int64_t{std::max(rate_hz, usual_rate_hz)} * channels > most_samples_a_second)
    return count_error(fmt::format("sound of {} channels at {} Hz is not listened to", channels, rate_hz));
  latest_ = start_of(frame);
  const bool hole = latest_ > ends_ + rounding;
  ends_ = std::min(longest, latest_ + from_seconds(static_cast<double>(frame.nb_samples) / rate_hz));

  auto roles = roles_of(frame.ch_layout);
  const bool changed =
      rate_hz != from_rate_hz_ || frame.format != from_format_ || roles != gathered_.channels || !converter_;
  if (changed || hole) {
    drain();
    if (!set_format(frame, std::move(roles)))
      return count_error("samples of its kind cannot be converted");
    gathered_.start = std::max(gathered_.start, latest_);
  } else if (gathered_.samples.empty()) {
    const auto held =
        from_seconds(static_cast<double>(swr_get_delay(converter_.get(), gathered_.rate_hz)) / gathered_.rate_hz);
    gathered_.start = std::max(gathered_.start, latest_ - held);
  }
  for (int first = 0; first < frame.nb_samples; first += rate_hz / blocks_a_second)
    convert(frame, first, std::min(frame.nb_samples - first, rate_hz / blocks_a_second));
}

bool sound_decoder::set_format(const AVFrame& frame, std::vector<channel_role> roles) {
  from_rate_hz_ = frame.sample_rate;
  from_format_ = frame.format;
  gathered_.rate_hz = frame.sample_rate < least_kept_rate_hz ? usual_rate_hz : frame.sample_rate;
  gathered_.channels = std::move(roles);
  // Channels are only handed through, so any layout with as many will do.
  AVChannelLayout layout{};
  av_channel_layout_default(&layout, frame.ch_layout.nb_channels);
  SwrContext* made = nullptr;
  const bool ready =
      swr_alloc_set_opts2(&made, &layout, AV_SAMPLE_FMT_FLT, gathered_.rate_hz, &layout,
                          static_cast<AVSampleFormat>(frame.format), frame.sample_rate, 0, nullptr) >= 0 &&
      swr_init(made) >= 0;
  av_channel_layout_uninit(&layout);
  converter_.reset(ready ? made : nullptr);
  if (!ready)
    swr_free(&made);
  return ready;
}

void sound_decoder::convert(const AVFrame& frame, int first, int count) {
  const auto format = static_cast<AVSampleFormat>(frame.format);
  const bool planar = av_sample_fmt_is_planar(format) != 0;
  const int channels = frame.ch_layout.nb_channels;
  const auto offset = static_cast<std::ptrdiff_t>(first) * av_get_bytes_per_sample(format) * (planar ? 1 : channels);
  std::array<const std::uint8_t*, most_channels> from{};
  for (int plane = 0; plane < (planar ? channels : 1); ++plane)
    from[static_cast<std::size_t>(plane)] = frame.extended_data[plane] + offset;
  append(from.data(), count);
}

/// What the converter holds back, and what was gathered.
void sound_decoder::drain() {
  if (converter_)
    append(nullptr, 0);
  give();
}

void sound_decoder::append(const std::uint8_t** from, int count) {
  const auto channels = gathered_.channels.size();
  const auto begin = gathered_.samples.size();
  const int room = std::max(0, swr_get_out_samples(converter_.get(), count));
  gathered_.samples.resize(begin + static_cast<std::size_t>(room) * channels);
  auto* to = reinterpret_cast<std::uint8_t*>(gathered_.samples.data() + begin);
  const int got = swr_convert(converter_.get(), &to, room, from, count);
  gathered_.samples.resize(begin + static_cast<std::size_t>(std::max(0, got)) * channels);
  bool usable = got >= 0;
  for (auto i = begin; i < gathered_.samples.size(); ++i)
    if (!(std::abs(gathered_.samples[i]) <= loudest_sample)) { // or no number
      gathered_.samples[i] = 0;
      usable = false;
    }
  if (!usable)
    count_error("samples that are no sound were taken for silence");
  if (static_cast<int>(gathered_.frames()) >= gathered_.rate_hz / blocks_a_second)
    give();
}

void sound_decoder::give() {
  if (gathered_.samples.empty())
    return;
  sound_block block{gathered_.start, gathered_.rate_hz, gathered_.channels, {}};
  gathered_.start = gathered_.end();
  block.samples = std::exchange(gathered_.samples, {});
  wanted_ = wanted_ && take_(std::move(block));
}

} // namespace timeloom
