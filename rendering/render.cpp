#include "rendering/render.hpp"

#include "media/ffmpeg.hpp"
#include "media/frame_source.hpp"
#include "media/picture_geometry.hpp"
#include "media/sampled_picture.hpp"
#include "media/stored_sound.hpp"
#include "rendering/annotator.hpp"
#include "rendering/contact_sheet.hpp"
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
    copy_sound(frame.at.time);
    return {};
  }

  expected<render_done> finish() {
    if (!video_)
      return fail(errc::corrupt_media, "{} has no picture", order_.found.media.path);
    copy_sound(media_time::max());
    if (auto ended = video_->finish(order_.found.media.duration); !ended)
      return tl::unexpected{ended.error()};
    if (sheet_)
      if (auto written = sheet_->write(files_.sheet.get()); !written)
        return tl::unexpected{written.error()};
    return render_done{without_sound_.empty() ? video_->sound_problem() : without_sound_};
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
                                                              .sound = sound_ ? &sound_->stream() : nullptr});
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

  /// Sound that cannot be copied costs no picture.
  void find_sound(const media_facts& facts) {
    if (order_.is_folder || !facts.has_audio)
      return;
    auto sound = stored_sound::open(std::move(sound_file_), facts.path, order_.source, facts.stream, facts.start);
    auto fits = sound && *sound ? check_sound((*sound)->stream()) : expected<void>{};
    if (!sound || !fits)
      without_sound_ = sound ? fits.error().message : sound.error().message;
    else if (*sound && (*sound)->next())
      sound_ = std::move(*sound);
  }

  void copy_sound(media_time until) {
    while (sound_ && sound_->at() <= until) {
      video_->write_sound(sound_->packet(), sound_->at());
      if (!sound_->next())
        sound_.reset();
    }
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
  std::vector<std::uint8_t> spare_;     // for a picture of another size
  std::unique_ptr<stored_sound> sound_; // while there is a packet to copy
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
