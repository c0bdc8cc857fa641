/// timeloom-render-worker: the only program that links Cairo and Pango. The coordinator starts it to draw what was
/// found on a video.
#include "app/worker_main.hpp"
#include "media/frame_source.hpp"
#include "rendering/drawing_libraries.hpp"
#include "rendering/render.hpp"
#include "rendering/video_writer.hpp"

namespace timeloom {

namespace {

int serve() {
  serve_render(worker_channel_fd);
}

bool tell_about_drawing() {
  prepare_media_process();
  say(stdout, "\nAnnotated videos (--render)\n");
  for (const auto& version : drawing_library_versions())
    tell(version.substr(0, version.find(' ')), version.substr(version.find(' ') + 1));
  const bool letters = finds_a_font();
  tell("fonts", letters ? "found" : "none; get one with: apt install fonts-dejavu-core");
  const auto encoder = video_encoder();
  tell("encoder", encoder.empty() ? "missing; get it with: apt install libavcodec-extra" : encoder);
  return letters && !encoder.empty();
}

} // namespace

} // namespace timeloom

int main(int argc, char** argv) {
  return timeloom::worker_main(argc, argv, timeloom::serve, timeloom::tell_about_drawing);
}
