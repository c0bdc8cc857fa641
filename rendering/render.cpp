#include "rendering/render.hpp"

#include "media/ffmpeg.hpp"
#include "media/frame_source.hpp"
#include "media/picture_geometry.hpp"
#include "media/sampled_picture.hpp"
#include "media/stored_sound.hpp"
#include "rendering/annotator.hpp"
#include "rendering/contact_sheet.hpp"
#include "rendering/sound_encoder.hpp"
#include "rendering/video_writer.hpp"

#include <algorithm>
#include <fcntl.h>
#include <memory>
#include <optional>

namespace timeloom {

namespace {

/// As large as the picture is, up to `most_lines`.
sample_shape shape_of(const decoded_frame& frame) {
  const auto geometry = geometry_of(*frame.picture);
  const double scale = std::min(1.0, static_cast<double>(most_lines) / geometry.upright_height);
  const int long_side = std::max(geometry.upright_width, geometry.upright_height);
  return {std::max(1, static_cast<int>(long_side * scale)), sample_format::bgr0};
}

class rendering_of {
public:
  rendering_of(const render_order& order, render_files files, unique_fd sound_file)
      : order_(order), files_(std::move(files)), sound_file_(std::move(sound_file)), annotator_(order.found) {}

  /// `source` gave the frame.
  expected<void> draw(const decoded_frame& frame, const media_facts& source) {
    if (!canvas_)
      if (auto begun = begin(frame, source); !begun)
        return begun;
    if (auto shown = show(frame); !shown)
      return shown;
    if (sheet_)
      sheet_->see(*canvas_, frame.at);
    annotator_.draw(*canvas_, frame.at);
    if (auto written = video_->write(std::as_const(*canvas_).pixels(), frame.at.time); !written)
      return written;
    bring_sound(frame.at.time);
    return {};
  }

  expected<render_done> finish() {
    if (!video_)
      return fail(errc::corrupt_media, "{} has no picture", order_.found.media.path);
    bring_sound(media_time::max());
    if (auto ended = video_->finish(order_.found.media.duration); !ended)
      return tl::unexpected{ended.error()};
    if (sheet_)
      if (auto written = sheet_->write(files_.sheet.get()); !written)
        return tl::unexpected{written.error()};
    return render_done{sound_problem()};
  }

private:
  expected<void> begin(const decoded_frame& first, const media_facts& source) {
    const auto& found = order_.found;
    const auto size = sampled_size(first, shape_of(first));
    auto made = canvas::create(size);
    if (!made)
      return tl::unexpected{made.error()};
    canvas_.emplace(std::move(*made));
    find_sound(source);
    auto video = video_writer::open(std::move(files_.video), {.size = size,
                                                              .ticks_per_s = first.picture->time_base.den,
                                                              .rate_hz = found.media.rate_hz,
                                                              .sound = sound_ ? &track_ : nullptr});
    if (!video)
      return tl::unexpected{video.error()};
    video_ = std::move(*video);
    if (found.scenes.empty())
      return {};
    auto sheet = contact_sheet::create(found, size);
    if (!sheet)
      return tl::unexpected{sheet.error()};
    sheet_.emplace(std::move(*sheet));
    return {};
  }

  /// Sound that cannot be brought along costs no picture.
  void find_sound(const media_facts& facts) {
    if (order_.is_folder || !facts.has_audio)
      return;
    auto stored = stored_sound::open(std::move(sound_file_), facts.path, order_.source, facts.stream, facts.start);
    if (!stored)
      without_sound_ = stored.error().message;
    if (!stored || !*stored || !(*stored)->next())
      return;
    sound_track track{(*stored)->stream().codecpar, (*stored)->stream().time_base};
    if (auto fits = check_sound(track); !fits) {
      auto encoder = sound_encoder::open(
          **stored, facts.start, [this](const AVPacket& packet, media_time at) { video_->write_sound(packet, at); });
      if (!encoder) {
        without_sound_ = fits.error().message + ", and " + encoder.error().message;
        return;
      }
      encoder_ = std::move(*encoder);
      track = encoder_->track();
    }
    sound_ = std::move(*stored);
    track_ = track;
    sound_is_left_ = true;
  }

  void bring_sound(media_time until) {
    while (sound_is_left_ && sound_->at() <= until) {
      if (encoder_)
        encoder_->encode(sound_->packet());
      else
        video_->write_sound(sound_->packet(), sound_->at());
      sound_is_left_ = sound_->next();
      if (!sound_is_left_ && encoder_)
        encoder_->finish();
    }
  }

  std::string sound_problem() const {
    if (!without_sound_.empty())
      return without_sound_;
    if (!encoder_ || !video_->sound_problem().empty())
      return video_->sound_problem();
    return encoder_->problem();
  }

  expected<void> show(const decoded_frame& frame) {
    const auto shape = shape_of(frame);
    const auto size = sampled_size(frame, shape);
    const bool fits = size == canvas_->size();
    if (!fits)
      spare_.resize(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 4);
    if (auto sampled = sampler_.sample(frame, shape, fits ? canvas_->pixels() : std::span{spare_}); !sampled)
      return tl::unexpected{sampled.error()};
    if (fits)
      canvas_->start();
    else
      canvas_->start(spare_, size);
    return {};
  }

  const render_order& order_;
  render_files files_;
  unique_fd sound_file_;
  annotator annotator_;
  picture_sampler sampler_;
  std::optional<canvas> canvas_;
  std::unique_ptr<video_writer> video_;
  std::optional<contact_sheet> sheet_;
  std::vector<std::uint8_t> spare_; // for a picture of another size
  std::unique_ptr<stored_sound> sound_;
  std::unique_ptr<sound_encoder> encoder_; // where MP4 has no place for it as it is stored
  sound_track track_;
  bool sound_is_left_ = false; // a packet of `sound_`, in its hands
  std::string without_sound_;
};

} // namespace

expected<render_done> render(const render_order& order, render_files files,
                             const std::function<void(const render_progress&)>& tell) {
  unique_fd sound{::fcntl(files.input.get(), F_DUPFD_CLOEXEC, 0)}; // read at its own place
  auto source = open_source(std::move(files.input), order.is_folder, order.found.media.path, order.source);
  if (!source)
    return tl::unexpected{source.error()};
  rendering_of rendering{order, std::move(files), std::move(sound)};
  for (;;) {
    auto frame = (*source)->next();
    if (!frame)
      return tl::unexpected{frame.error()};
    if (!*frame)
      return rendering.finish();
    if (auto drawn = rendering.draw(**frame, (*source)->facts()); !drawn)
      return tl::unexpected{drawn.error()};
    tell({(*frame)->at.index + 1, (*frame)->at.time});
  }
}

} // namespace timeloom
