#include "media/video_file.hpp"

#include "media/gpu_decoder.hpp"

#include "media/containers.hpp"
#include "media/fd_reader.hpp"
#include "media/picture_geometry.hpp"
#include "media/sound_decoder.hpp"
#include "media/stream_time.hpp"

#include <algorithm>

extern "C" {
#include <libavutil/parseutils.h>
}

namespace timeloom {

namespace {

/// For this process: another one may read the file.
error lost_gpu(const std::string& words) {
  return {errc::worker_lost, fmt::format("the GPU that decodes does nothing more for this process: {}", words)};
}

using clock = std::chrono::steady_clock;

/// So far ahead, a key frame is likely to come in between.
constexpr media_time unknown_key_distance = std::chrono::seconds{10};

/// Errors in a row, without a packet or a frame between them, after which a decoder is given up.
constexpr int most_errors_in_a_row = 1000;

/// How long the container says that the stream is, from the container's start; 0 when it does not say.
media_time stated_end_of(const AVFormatContext& format, const AVStream& stream) {
  if (stream.duration > 0)
    return to_media_time(stream.duration, stream.time_base);
  std::int64_t microseconds = 0;
  if (const auto* tag = av_dict_get(stream.metadata, "DURATION", nullptr, 0); // Matroska, "00:01:02.000000000"
      tag != nullptr && av_parse_time(&microseconds, tag->value, 1) == 0 && microseconds > 0)
    return to_media_time(microseconds, {1, 1'000'000});
  if (format.nb_streams == 1 && format.duration > 0 && format.duration_estimation_method == AVFMT_DURATION_FROM_STREAM)
    return to_media_time(format.duration, {1, AV_TIME_BASE});
  return media_time{0};
}

bool is_key(const AVFrame& picture) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
  return (picture.flags & AV_FRAME_FLAG_KEY) != 0;
#else
  return picture.key_frame != 0;
#endif
}

/// Later versions give each frame its stream's display matrix by themselves.
bool give_display_matrix([[maybe_unused]] const AVStream& stream, [[maybe_unused]] AVFrame& picture) {
#if LIBAVFORMAT_VERSION_MAJOR < 61
  std::size_t bytes = 0;
  const auto* const matrix = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &bytes);
  if (matrix == nullptr || av_frame_get_side_data(&picture, AV_FRAME_DATA_DISPLAYMATRIX) != nullptr)
    return true;
  const auto* const given = av_frame_new_side_data(&picture, AV_FRAME_DATA_DISPLAYMATRIX, bytes);
  if (given == nullptr)
    return false;
  std::copy_n(matrix, bytes, given->data);
#endif
  return true;
}

/// The stream to analyze: FFmpeg's best, but never a cover picture or thumbnail.
expected<AVStream*> choose_stream(AVFormatContext& format, const std::string& name) {
  constexpr int picture_only = AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS;
  bool cover = false, sound = false;
  AVStream* best = nullptr;
  std::int64_t best_pixels = -1;
  const int preferred = av_find_best_stream(&format, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  for (unsigned i = 0; i < format.nb_streams; ++i) {
    AVStream* stream = format.streams[i];
    sound |= stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
    if (stream->codecpar->codec_type != AVMEDIA_TYPE_VIDEO)
      continue;
    if ((stream->disposition & picture_only) != 0) {
      cover = true;
      continue;
    }
    const std::int64_t pixels =
        static_cast<int>(i) == preferred ? INT64_MAX : std::int64_t{stream->codecpar->width} * stream->codecpar->height;
    if (pixels > best_pixels) {
      best = stream;
      best_pixels = pixels;
    }
  }
  if (best != nullptr)
    return best;
  if (cover)
    return fail(errc::unsupported, "{} holds {}a cover picture, but no video", name, sound ? "sound and " : "");
  if (sound)
    return fail(errc::unsupported, "{} holds only sound, no video", name);
  return fail(errc::unsupported, "{} holds no video stream", name);
}

class video_file final : public frame_source {
public:
  static expected<std::unique_ptr<frame_source>> open(unique_fd fd, const std::string& name,
                                                      const source_options& options);

  expected<std::optional<decoded_frame>> next() override;
  void leave_out(const std::function<bool(media_time)>& is_looked_at) override { is_looked_at_ = is_looked_at; }
  bool jump_before(media_time time) override;
  void listen(std::function<bool(sound_block)> take) override;
  std::optional<sound_facts> sound() const override;
  std::optional<decoding_cost> cost() const override { return cost_; }
  const media_facts& facts() const override { return facts_; }
  media_facts finish() override;

private:
  void choose_decoder(const source_options& options);
  expected<std::optional<decoded_frame>> decode_next();
  void feed();
  void count_error(std::string what);
  frame_position next_position(const AVFrame& picture);
  expected<std::optional<decoded_frame>> accept(av_frame picture);
  std::int64_t ticks_at(media_time time) const;
  bool is_nearer(std::int64_t ticks, media_time time) const;
  void note_first_picture(const AVFrame& picture);

  std::string name_;
  std::unique_ptr<fd_reader> reader_; // outlives format_, which reads through it
  ffmpeg::format_context format_;
  ffmpeg::codec_context codec_;
  ffmpeg::packet packet_{av_packet_alloc()};
  AVStream* stream_ = nullptr;
  std::optional<sound_decoder> sound_;
  std::function<bool(media_time)> is_looked_at_; // null: all are
  media_facts facts_;
  media_time origin_{0};      // presentation time of the container's start
  media_time latest_{0};      // of the last frame given
  media_time ends_{0};        // end of the last frame given
  media_time stated_end_{0};  // by the container, when it says
  clock::duration waited_{0}; // for the decoder
  int errors_in_a_row_ = 0;
  std::optional<decoding_cost> cost_;
  bool gpu_refused_ = false; // a packet, and everything after it
  bool packets_ended_ = false;
  bool all_timed_ = true;      // no frame came without a time
  bool waits_for_key_ = false; // after a jump: frames that lean on what was not read are shown before it
};

expected<std::unique_ptr<frame_source>> video_file::open(unique_fd fd, const std::string& name,
                                                         const source_options& options) {
  const auto called = clock::now();
  ffmpeg::take_last_log_line(); // of a file before
  auto file = std::make_unique<video_file>();
  file->name_ = name;
  auto reader = fd_reader::create(std::move(fd), name, options.still_at_it);
  if (!reader)
    return tl::unexpected{reader.error()};
  file->reader_ = std::move(*reader);

  auto opened = open_container(*file->reader_, name, options.max_pixels);
  if (!opened)
    return tl::unexpected{opened.error()};
  file->format_ = std::move(*opened);
  AVFormatContext* format = file->format_.get();

  const auto stream = choose_stream(*format, name);
  if (!stream)
    return tl::unexpected{stream.error()};
  file->stream_ = *stream;
  const auto& parameters = *file->stream_->codecpar;

  const AVCodec* codec = avcodec_find_decoder(parameters.codec_id);
  if (codec == nullptr)
    return fail(errc::unsupported, "nothing here decodes {}, the codec of stream {} of {}",
                avcodec_get_name(parameters.codec_id), file->stream_->index, name);
  file->codec_.reset(avcodec_alloc_context3(codec));
  if (!file->codec_ || !file->packet_ || avcodec_parameters_to_context(file->codec_.get(), &parameters) < 0)
    return fail(errc::exhausted, "no memory to decode {}", name);
  file->codec_->pkt_timebase = file->stream_->time_base;
  file->codec_->thread_count = options.threads;
  file->codec_->max_pixels = options.max_pixels;
  file->choose_decoder(options);
  const int result = avcodec_open2(file->codec_.get(), codec, nullptr);
  if (result < 0) {
    const auto words = ffmpeg::take_last_log_line();
    return fail(errc::unsupported, "stream {} of {} ({}) cannot be decoded: {}{}", file->stream_->index, name,
                codec->name, ffmpeg::error_text(result), words.empty() ? "" : " (" + words + ")");
  }

  auto& facts = file->facts_;
  facts.path = name;
  facts.bytes = file->reader_->bytes();
  facts.container = format->iformat->name;
  facts.codec = avcodec_get_name(parameters.codec_id);
  facts.stream = file->stream_->index;
  const auto rate = av_guess_frame_rate(format, file->stream_, nullptr);
  facts.rate_hz = rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0;
  std::optional<media_time> start;
  for (unsigned i = 0; i < format->nb_streams; ++i) {
    AVStream* other = format->streams[i];
    const auto type = other->codecpar->codec_type;
    facts.has_audio |= type == AVMEDIA_TYPE_AUDIO;
    if (other != file->stream_)
      other->discard = AVDISCARD_ALL;
    if ((type != AVMEDIA_TYPE_VIDEO && type != AVMEDIA_TYPE_AUDIO) || other->start_time == AV_NOPTS_VALUE ||
        (other->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0)
      continue;
    const auto begin = to_media_time(other->start_time, other->time_base);
    start = start ? std::min(*start, begin) : begin;
  }
  file->origin_ = facts.start = start.value_or(media_time{0});
  file->stated_end_ = stated_end_of(*format, *file->stream_);
  facts.duration = file->stated_end_.count() == 0 && format->duration > 0
                       ? to_media_time(format->duration, {1, AV_TIME_BASE})
                       : file->stated_end_;
  file->waited_ = clock::now() - called;
  return file;
}

void video_file::choose_decoder(const source_options& options) {
  const auto& parameters = *stream_->codecpar;
  if (!is_for_nvdec(parameters))
    return;
  const auto size = size_class_of(parameters.width, parameters.height);
  chosen_decoder chosen;
  if (options.decoder == decoder_rule::nvdec)
    chosen = {decoder_kind::nvdec, "this worker decodes on the GPU"};
  else if (options.decoder == decoder_rule::measured)
    chosen = timeloom::choose_decoder(options.speeds, {avcodec_get_name(parameters.codec_id), size});
  facts_.decoder_reason = chosen.reason;
  cost_ = {chosen.decoder, size, 0};
  if (chosen.decoder == decoder_kind::nvdec)
    decode_on_gpu(*codec_, parameters);
}

void video_file::listen(std::function<bool(sound_block)> take) {
  auto* const stream = sound_beside(*format_, stream_->index);
  if (stream == nullptr)
    return;
  stream->discard = AVDISCARD_DEFAULT; // also when nothing decodes it, which the facts are to tell
  sound_.emplace(*format_, *stream, [this, take = std::move(take)](sound_block block) {
    const auto begin = clock::now();
    const bool more = take(std::move(block));
    waited_ -= clock::now() - begin;
    return more;
  });
}

std::optional<sound_facts> video_file::sound() const {
  return sound_ ? std::optional{sound_->facts()} : std::nullopt;
}

void video_file::count_error(std::string what) {
  ++facts_.decode_errors;
  if (facts_.decode_notes.size() >= most_decode_notes)
    return;
  const auto words = ffmpeg::take_last_log_line();
  facts_.decode_notes.push_back(
      fmt::format("after {:.3f} s: {}{}", to_seconds(latest_), what, words.empty() ? "" : " (" + words + ")"));
}

void video_file::feed() {
  errors_in_a_row_ = 0;
  const int read = av_read_frame(format_.get(), packet_.get());
  if (read == AVERROR(EAGAIN))
    return;
  if (read < 0) {
    if (read != AVERROR_EOF)
      count_error(fmt::format("reading stopped: {}", ffmpeg::error_text(read)));
    packets_ended_ = true;
    avcodec_send_packet(codec_.get(), nullptr);
    if (sound_)
      sound_->decode(nullptr, origin_);
    return;
  }
  if (packet_->stream_index == stream_->index) {
    const int sent = avcodec_send_packet(codec_.get(), packet_.get());
    if (sent < 0 && sent != AVERROR_EOF)
      count_error(fmt::format("a packet was not decoded: {}", ffmpeg::error_text(sent)));
    gpu_refused_ = sent < 0 && sent != AVERROR_EOF && codec_->hw_device_ctx != nullptr && is_gpu_lost();
  } else if (sound_ && packet_->stream_index == sound_->facts().stream) {
    sound_->decode(packet_.get(), origin_);
  }
  av_packet_unref(packet_.get());
}

expected<std::optional<decoded_frame>> video_file::next() {
  const auto begin = clock::now();
  auto frame = decode_next();
  waited_ += clock::now() - begin;
  if (cost_)
    cost_->seconds = std::chrono::duration<double>(waited_).count();
  return frame;
}

expected<std::optional<decoded_frame>> video_file::decode_next() {
  for (;;) {
    av_frame picture{av_frame_alloc()};
    if (!picture)
      return fail(errc::exhausted, "no memory for a frame of {}", name_);
    const int received = avcodec_receive_frame(codec_.get(), picture.get());
    if (received == 0 && waits_for_key_ && !is_key(*picture))
      continue;
    if (received == 0)
      return accept(std::move(picture));
    if (received == AVERROR_EOF || errors_in_a_row_ > most_errors_in_a_row) {
      if (facts_.frames > 0)
        return std::nullopt;
      const auto& notes = facts_.decode_notes;
      const auto reason = notes.empty() ? ffmpeg::take_last_log_line() : notes.front();
      return fail(errc::corrupt_media, "no frame of {} could be decoded{}", name_, reason.empty() ? "" : ": " + reason);
    }
    const bool gpu_failed = received < 0 && received != AVERROR(EAGAIN) && received != AVERROR_EOF &&
                            codec_->hw_device_ctx != nullptr && is_gpu_lost();
    if (gpu_failed || gpu_refused_)
      return tl::unexpected{lost_gpu(ffmpeg::error_text(received))};
    if (received == AVERROR(EAGAIN) && !packets_ended_)
      feed();
    else if (received == AVERROR(EAGAIN))
      return fail(errc::internal, "the decoder of {} asks for packets after the last one", name_);
    else if (++errors_in_a_row_ > most_errors_in_a_row)
      count_error(fmt::format("decoding stopped: {}", ffmpeg::error_text(received)));
    else
      count_error(fmt::format("a frame was not decoded: {}", ffmpeg::error_text(received)));
  }
}

std::int64_t video_file::ticks_at(media_time time) const {
  return av_rescale_q((time + origin_).count(), {1, 1'000'000'000}, stream_->time_base);
}

bool video_file::is_nearer(std::int64_t ticks, media_time time) const {
  const int last = avformat_index_get_entries_count(stream_) - 1;
  if (last < 0 || avformat_index_get_entry(stream_, last)->timestamp < ticks) // key frames ahead are not known yet
    return time - latest_ > unknown_key_distance;
  const int key = av_index_search_timestamp(stream_, ticks, AVSEEK_FLAG_BACKWARD);
  return key >= 0 && avformat_index_get_entry(stream_, key)->timestamp > ticks_at(latest_);
}

bool video_file::jump_before(media_time time) {
  // Containers that may be joined from recordings have no single clock.
  if (facts_.frames == 0 || !all_timed_ || (format_->iformat->flags & (AVFMT_TS_DISCONT | AVFMT_NOTIMESTAMPS)) != 0)
    return false;
  // An index has the times of decoding, which are that much earlier than those of showing.
  const auto reordered = from_seconds((codec_->has_b_frames + 1) / (facts_.rate_hz > 0 ? facts_.rate_hz : 10));
  const auto ticks = ticks_at(time - reordered);
  const bool ahead = time > latest_;
  if ((ahead && !is_nearer(ticks, time)) ||
      av_seek_frame(format_.get(), stream_->index, ticks, AVSEEK_FLAG_BACKWARD) < 0)
    return false;
  avcodec_flush_buffers(codec_.get());
  packets_ended_ = false;
  waits_for_key_ = true;
  latest_ = ends_ = -longest;
  return true;
}

void video_file::note_first_picture(const AVFrame& picture) {
  if (cost_ && cost_->decoder == decoder_kind::nvdec && facts_.decoder != "nvdec")
    facts_.decoder_reason = "NVDEC does not decode it here; it was chosen because " + facts_.decoder_reason;
  const auto geometry = geometry_of(picture);
  facts_.width = geometry.upright_width;
  facts_.height = geometry.upright_height;
  facts_.rotation = geometry.turn.degrees();
  facts_.sample_aspect = geometry.sample_aspect;
  facts_.pixel_format = geometry.pixel_format;
}

/// Where the next frame belongs, which `picture` is.
frame_position video_file::next_position(const AVFrame& picture) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 0, 0)
  const auto ticks = picture.duration;
#else
  const auto ticks = picture.pkt_duration;
#endif
  auto duration = ticks > 0 ? to_media_time(ticks, stream_->time_base) : media_time{0};
  if (duration.count() == 0 && facts_.rate_hz > 0)
    duration = from_seconds(std::min(1 / facts_.rate_hz, 3600.0));

  media_time time = ends_; // a frame without a time follows the one before
  all_timed_ = all_timed_ && picture.best_effort_timestamp != AV_NOPTS_VALUE;
  if (picture.best_effort_timestamp != AV_NOPTS_VALUE) {
    const auto shown = to_media_time(picture.best_effort_timestamp, stream_->time_base);
    if (facts_.frames == 0 && shown < origin_)
      origin_ = facts_.start = shown;
    if (facts_.frames > 0 && is_joined(*format_, shown - origin_, latest_,
                                       ends_)) // the first picture of the next recording follows the last one
      origin_ = shown - ends_;
    time = std::min(shown - origin_, longest);
  }
  if (facts_.frames > 0)
    time = std::max(time, latest_); // broken files only: presentation order is the decoder's
  latest_ = time;
  ends_ = std::clamp(time + duration, ends_, longest);
  return {facts_.frames, time};
}

expected<std::optional<decoded_frame>> video_file::accept(av_frame picture) {
  errors_in_a_row_ = 0;
  waits_for_key_ = false;
  if (picture->decode_error_flags != 0)
    count_error("a frame was decoded with errors");
  const auto at = next_position(*picture);
  const bool is_first = facts_.frames++ == 0;
  const bool is_looked_at = !is_looked_at_ || is_looked_at_(at.time);
  if (!is_looked_at && !is_first)
    return decoded_frame{at, nullptr};
  if (is_on_gpu(*picture)) {
    auto host = from_gpu(*picture);
    if (!host)
      return tl::unexpected{is_gpu_lost() ? lost_gpu(host.error().message) : host.error()};
    facts_.decoder = "nvdec";
    picture = std::move(*host);
  }
  if (!give_display_matrix(*stream_, *picture))
    return fail(errc::exhausted, "no memory for a frame of {}", name_);
  picture->time_base = stream_->time_base;
  picture->sample_aspect_ratio = av_guess_sample_aspect_ratio(format_.get(), stream_, picture.get());
  if (is_first)
    note_first_picture(*picture);
  return decoded_frame{at, std::move(picture)};
}

media_facts video_file::finish() {
  if (auto digest = reader_->sha256())
    facts_.sha256 = std::move(*digest);
  else
    count_error("the file was not hashed: " + digest.error().message);
  facts_.duration = ends_;
  const auto missing = stated_end_ - ends_;
  if (packets_ended_ && missing > std::chrono::milliseconds{250} && missing > stated_end_ / 20)
    count_error(fmt::format("the pictures end at {:.3f} s, but the container promises {:.3f} s", to_seconds(ends_),
                            to_seconds(stated_end_)));
  return facts_;
}

} // namespace

expected<std::unique_ptr<frame_source>> open_video_file(unique_fd fd, const std::string& name,
                                                        const source_options& options) {
  return video_file::open(std::move(fd), name, options);
}

} // namespace timeloom
