#include "made_media.hpp"
#include "tests/catch.hpp"

#include <sys/inotify.h>

namespace timeloom {

using tests::made;
using tests::refusal;
using tests::scratch;
using tests::written;

namespace {

constexpr auto clip = "-f lavfi -i testsrc2=s=64x48:r=10:d=0.5 -c:v mpeg4";

/// Says whether a file was opened since the last question.
class open_watch {
public:
  explicit open_watch(const std::string& path) : events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    REQUIRE(::inotify_add_watch(events_.get(), path.c_str(), IN_OPEN) >= 0);
  }
  bool was_opened() const {
    std::array<char, 4096> buffer{};
    return ::read(events_.get(), buffer.data(), buffer.size()) > 0;
  }

private:
  unique_fd events_;
};

} // namespace

TEST_CASE("a text that names other files is refused whatever it is called, and opens none of them") {
  const auto target = made("target.ts", clip);
  const open_watch watch{target};
  REQUIRE(tests::decoded(target).times.size() == 5);
  REQUIRE(watch.was_opened()); // the watch works

  const std::string hls =
      "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.5,\ntarget.ts\n#EXT-X-ENDLIST\n";
  const std::string hls_absolute =
      "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.5,\nfile://" + target + "\n#EXT-X-ENDLIST\n";
  const std::string dash =
      "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" "
      "profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\" mediaPresentationDuration=\"PT1S\">\n<Period>"
      "<AdaptationSet contentType=\"video\"><Representation id=\"0\" bandwidth=\"1\"><BaseURL>target.ts</BaseURL>"
      "</Representation></AdaptationSet></Period></MPD>\n";
  const std::string concat = "ffconcat version 1.0\nfile target.ts\n";
  const std::string sdp = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
                          "a=rtpmap:96 H264/90000\n";
  for (const auto& text : {hls, hls_absolute, dash, concat, sdp})
    for (const std::string name : {"trap.mp4", "trap.m3u8", "trap.ts", "trap"}) {
      const auto words = refusal(written(name, text));
      CAPTURE(text, name, words);
      CHECK(words.find("points to other files") != std::string::npos);
      CHECK_FALSE(watch.was_opened());
    }
}

TEST_CASE("a name that looks like a protocol is a plain name") {
  const auto target = made("plain.mp4", clip);
  const open_watch watch{target};
  const auto bytes = tests::bytes_of(target);
  watch.was_opened();
  for (const std::string name :
       {"x:y.mp4", "concat:plain.mp4|plain.mp4", "file:plain.mp4", "subfile,,start,0,end,0,,:plain.mp4", "%03d.mp4"}) {
    CAPTURE(name);
    CHECK(tests::decoded(written(name, bytes)).times.size() == 5);
    CHECK_FALSE(refusal(written(name, "no video at all")).empty());
    CHECK_FALSE(watch.was_opened());
  }
}

TEST_CASE("the bytes of a file decide what it is, not its ending") {
  const auto bytes = tests::bytes_of(made("really.mkv", clip));
  for (const std::string name : {"a.mp4", "a.png", "a.txt", "a"}) {
    const auto file = tests::decoded(written(name, bytes));
    CHECK(file.facts.container.starts_with("matroska"));
    CHECK(file.times.size() == 5);
  }
}

TEST_CASE("what is no video is refused by what it is instead") {
  const auto says = [](const std::string& path, std::string_view words) {
    const auto text = refusal(path);
    INFO(text);
    return text.find(words) != std::string::npos;
  };
  CHECK(says(written("notes.txt", "Dear diary, nothing moved today.\n"), "is not a video that FFmpeg knows"));
  CHECK(says(made("sound.wav", "-f lavfi -i sine=d=0.2"), "holds only sound, no video"));
  CHECK(says(made("sound.m4a", "-f lavfi -i sine=d=0.2 -c:a aac"), "holds only sound, no video"));
  made("cover.png", "-f lavfi -i color=red:s=64x64 -frames:v 1");
  const std::string with_cover =
      "-f lavfi -i sine=d=0.2 -i cover.png -map 0 -map 1 -c:v copy -disposition:v attached_pic ";
  CHECK(says(made("album.m4a", with_cover + "-c:a aac"), "holds sound and a cover picture, but no video"));
  CHECK(says(made("album.mp3", with_cover), "holds sound and a cover picture, but no video"));
}

TEST_CASE("a cover picture beside a video is passed over") {
  made("cover2.png", "-f lavfi -i color=red:s=640x640 -frames:v 1");
  const auto file = tests::decoded(
      made("film-with-cover.mp4", "-i cover2.png -f lavfi -i testsrc2=s=64x48:r=10:d=0.5 -map 0 -map 1 -c:v:0 copy "
                                  "-c:v:1 mpeg4 -disposition:v:0 attached_pic"));
  CHECK(file.times.size() == 5);
  CHECK(file.facts.codec == "mpeg4");
}

TEST_CASE("many containers and codecs are read from end to end") {
  const auto [name, arguments] = GENERATE(table<std::string, std::string>({
      {"c.mp4", "-c:v libx264"},
      {"c.mov", "-c:v mjpeg -pix_fmt yuvj420p"},
      {"c.mkv", "-c:v ffv1"},
      {"c.webm", "-c:v libvpx-vp9 -deadline realtime"},
      {"c.ts", "-c:v mpeg2video -r 25"},
      {"c.mpg", "-c:v mpeg1video -r 25"},
      {"c.avi", "-c:v mpeg4"},
      {"c.flv", "-c:v flv1"},
      {"c.nut", "-c:v rawvideo"},
      {"c.y4m", ""},
      {"c.gif", ""},
      {"c.apng", "-f apng"},
      {"c.h264", "-c:v libx264"},
      {"c.mxf", "-c:v mpeg2video -r 25"},
      {"c.ogv", "-c:v libtheora"},
      {"c.asf", "-c:v wmv2"},
  }));
  CAPTURE(name);
  const auto file = tests::decoded(made(name, "-f lavfi -i testsrc2=s=64x48:r=10:d=1 " + arguments));
  CHECK(file.times.size() >= 10);
  CHECK(file.times.front() == media_time{0});
  CHECK(file.facts.decode_errors == 0);
  CHECK(to_seconds(file.facts.duration) == Approx(1).margin(0.13));
  CHECK(file.facts.width == 64);
  CHECK(file.facts.height == 48);
}

} // namespace timeloom
