/// timeloom-media-worker: decodes. The coordinator starts it for the videos that it analyzes.
#include "actors/media_worker.hpp"
#include "app/worker_main.hpp"
#include "media/frame_source.hpp"

#include <fmt/ranges.h>

namespace timeloom {

namespace {

bool tell_about_media() {
  say(stdout, "\nVideo\n");
  for (const auto& version : media_library_versions())
    tell(version.substr(0, version.find(' ')), version.substr(version.find(' ') + 1));
  bool all_there = true;
  for (const auto* codec : {"h264", "hevc", "vp9", "av1", "mpeg4"}) {
    const bool there = can_decode(codec);
    all_there &= there;
    tell(codec, there ? "found" : "missing; get it with: apt install libavcodec-extra");
  }
  return all_there;
}

/// Every analyzer sees the pictures that these libraries decode.
std::map<std::string, std::string> versions(const std::vector<std::string>&) {
  return {{"media", fmt::format("{}", fmt::join(media_library_versions(), ", "))}};
}

} // namespace

} // namespace timeloom

int main(int argc, char** argv) {
  return timeloom::worker_main(argc, argv, timeloom::run_media_worker, timeloom::tell_about_media, timeloom::versions);
}
