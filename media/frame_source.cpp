#include "media/frame_source.hpp"

#include "media/ffmpeg.hpp"
#include "media/image_folder.hpp"
#include "media/video_file.hpp"

namespace timeloom {

void frame_free::operator()(AVFrame* frame) const {
  av_frame_free(&frame);
}

expected<std::unique_ptr<frame_source>> open_source(unique_fd fd, bool is_folder, const std::string& name,
                                                    const source_options& options) {
  return is_folder ? open_image_folder(std::move(fd), name, options) : open_video_file(std::move(fd), name, options);
}

void prepare_media_process() {
  ffmpeg::collect_log();
}

std::vector<std::string> media_library_versions() {
  const auto version = [](const char* name, unsigned number) {
    return fmt::format("{} {}.{}.{}", name, AV_VERSION_MAJOR(number), AV_VERSION_MINOR(number),
                       AV_VERSION_MICRO(number));
  };
  return {version("libavformat", avformat_version()), version("libavcodec", avcodec_version()),
          version("libswresample", swresample_version()), version("libswscale", swscale_version())};
}

bool can_decode(const std::string& codec) {
  const auto* descriptor = avcodec_descriptor_get_by_name(codec.c_str());
  return descriptor != nullptr && avcodec_find_decoder(descriptor->id) != nullptr;
}

} // namespace timeloom
