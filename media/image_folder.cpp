#include "media/image_folder.hpp"

#include "media/ffmpeg.hpp"
#include "media/image_names.hpp"
#include "media/video_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <fcntl.h>
#include <string_view>

namespace timeloom {

namespace {

class image_folder final : public frame_source {
public:
  image_folder(unique_fd folder, std::vector<std::string> pictures, std::string name, source_options options)
      : folder_(std::move(folder)), pictures_(std::move(pictures)), name_(std::move(name)), options_(options) {
    facts_.path = name_;
    facts_.container = "images";
    facts_.rate_hz = options_.image_rate_hz;
    facts_.duration = time_of(pictures_.size());
    options_.threads = 1; // one small picture at a time: threads would cost more than they give
  }

  expected<std::optional<decoded_frame>> next() override {
    while (next_ < pictures_.size()) {
      const auto number = next_++;
      auto frame = decode(pictures_[number]);
      if (!frame) {
        ++facts_.decode_errors;
        if (facts_.decode_notes.size() < most_decode_notes)
          facts_.decode_notes.push_back(frame.error().message);
        continue;
      }
      frame->at = {facts_.frames++, time_of(number)};
      return std::move(*frame);
    }
    if (facts_.frames == 0)
      return fail(errc::corrupt_media, "none of the {} images in {} could be decoded: {}", pictures_.size(), name_,
                  facts_.decode_notes.front());
    return std::nullopt;
  }

  bool jump_before(media_time time) override {
    const auto wanted = std::llround(to_seconds(time) * options_.image_rate_hz);
    if (wanted <= static_cast<std::int64_t>(next_))
      return false;
    next_ = std::min(static_cast<std::size_t>(wanted), pictures_.size());
    return true;
  }

  void listen(std::function<bool(sound_block)>) override {}
  std::optional<sound_facts> sound() const override { return std::nullopt; }
  const media_facts& facts() const override { return facts_; }
  media_facts finish() override { return facts_; }

private:
  media_time time_of(std::size_t number) const {
    return from_seconds(static_cast<double>(number) / options_.image_rate_hz);
  }

  expected<decoded_frame> decode(const std::string& picture) {
    unique_fd fd{::openat(folder_.get(), picture.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (!fd)
      return fail(errc::io, "cannot open {}/{}: {}", name_, picture, errno_text(errno));
    auto file = open_video_file(std::move(fd), name_ + "/" + picture, options_);
    if (!file)
      return tl::unexpected{file.error()};
    auto frame = (*file)->next();
    if (!frame)
      return tl::unexpected{frame.error()};
    if (!*frame)
      return fail(errc::corrupt_media, "{}/{} holds no picture", name_, picture);
    const auto& first = (*file)->facts();
    if (facts_.frames == 0) {
      facts_.codec = first.codec;
      facts_.pixel_format = first.pixel_format;
      facts_.width = first.width;
      facts_.height = first.height;
      facts_.rotation = first.rotation;
      facts_.sample_aspect = first.sample_aspect;
    }
    facts_.bytes += first.bytes;
    (*frame)->picture->time_base = av_inv_q(av_d2q(options_.image_rate_hz, 1'000'000));
    return std::move(**frame);
  }

  unique_fd folder_;
  std::vector<std::string> pictures_;
  std::string name_;
  source_options options_;
  media_facts facts_;
  std::size_t next_ = 0;
};

} // namespace

expected<std::unique_ptr<frame_source>> open_image_folder(unique_fd folder, const std::string& name,
                                                          const source_options& options) {
  auto pictures = list_images(folder, name);
  if (!pictures)
    return tl::unexpected{pictures.error()};
  if (pictures->empty())
    return fail(errc::not_found, "{} is a folder without images (png, jpg, webp, bmp, tif, ...)", name);
  return std::make_unique<image_folder>(std::move(folder), std::move(*pictures), name, options);
}

} // namespace timeloom
