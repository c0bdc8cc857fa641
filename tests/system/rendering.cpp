/// Annotated videos and contact sheets, made by the whole program.
#include "tests/catch.hpp"
#include "tests/system/support.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>

using namespace timeloom::tests;

namespace {

using words = std::vector<std::string>;

words analyze(const temporary_folder& folder, const words& more) {
  words all{"analyze-video", "--out", folder.path("results"), "--format", "json", "--render", folder.path("drawn")};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// What ffprobe or ffmpeg prints.
std::string said_by(const temporary_folder& folder, const std::string& command) {
  run_tool({"sh", "-c", command + " >'" + folder.path("said") + "'"});
  return read_file(folder.path("said"));
}

/// Presentation times of all frames, decoded, a line each.
std::string times_of(const temporary_folder& folder, const std::string& video) {
  return said_by(folder, "ffprobe -v error -select_streams v:0 -show_entries frame=pts_time -of csv=p=0 'file:" +
                             video + "' | tr -d , | sed '/^$/d'");
}

/// Pixels of frame `number`, scaled to `size`, as rgb24.
std::string frame_of(const temporary_folder& folder, const std::string& video, int number, const std::string& size) {
  return said_by(folder, "ffmpeg -nostdin -v error -i 'file:" + video + "' -vf \"select='eq(n," +
                             std::to_string(number) + ")',scale=" + size +
                             "\" -frames:v 1 -f rawvideo -pix_fmt rgb24 -");
}

/// Mean difference of the pixels in [x0, x1) x [y0, y1).
double difference(const std::string& a, const std::string& b, int width, int x0, int y0, int x1, int y1) {
  REQUIRE(a.size() == b.size());
  double sum = 0;
  for (int y = y0; y < y1; ++y)
    for (int i = 3 * (y * width + x0); i < 3 * (y * width + x1); ++i)
      sum += std::abs(static_cast<std::uint8_t>(a[static_cast<std::size_t>(i)]) -
                      static_cast<std::uint8_t>(b[static_cast<std::size_t>(i)]));
  return sum / (3.0 * (x1 - x0) * (y1 - y0));
}

double first_time(const temporary_folder& folder, const std::string& video, const std::string& stream) {
  return std::stod(said_by(folder, "ffprobe -v error -select_streams " + stream +
                                       " -show_entries packet=pts_time -of csv=p=0 'file:" + video +
                                       "' | tr -d , | sed '/^$/d' | sort -n | head -1"));
}

/// Sound as the file holds it: a hash of its packets, and how long after the first picture it begins, in seconds.
struct sound_of {
  std::string hash;
  double after_picture = 0;
};

sound_of sound_in(const temporary_folder& folder, const std::string& video) {
  return {said_by(folder,
                  "ffmpeg -nostdin -v error -i 'file:" + video + "' -map 0:a -c copy -bsf:a aac_adtstoasc -f md5 -"),
          first_time(folder, video, "a:0") - first_time(folder, video, "v:0")};
}

/// How long after the first picture the first tone ends a silence, in seconds.
double first_tone(const temporary_folder& folder, const std::string& video) {
  return std::stod(said_by(folder, "ffmpeg -nostdin -copyts -i 'file:" + video +
                                       "' -map 0:a -af silencedetect=noise=-30dB:d=0.3 -f null - 2>&1 | "
                                       "sed -n 's/.*silence_end: \\([0-9.]*\\).*/\\1/p'")) -
         first_time(folder, video, "v:0");
}

const words fused{"-a", "cut_analysis,scene_segmentation,color_analysis,camera_analysis"};

words with(words first, const words& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

} // namespace

TEST_CASE("an annotated video has the frames and times of its video, and is drawn on where words were read") {
  const temporary_folder folder;
  // Of variable frame rate: every third frame is left out.
  const auto whole = make_text_clip(folder, "whole.mp4", 3);
  const auto video = folder.path("clip.mkv");
  ffmpeg({"-i", whole, "-vf", "select='not(eq(mod(n,3),1))'", "-fps_mode", "vfr", "-c:v", "libx264", "-preset",
          "ultrafast", video});
  const auto end = run_program(folder, analyze(folder, {"-a", "text_overlay,scene_segmentation", video}));
  INFO(end.err);
  REQUIRE(end.status == 0);
  const auto drawn = folder.path("drawn/clip.annotated.mp4");
  CHECK(has(end.out, drawn));
  const auto times = times_of(folder, video);
  CHECK(std::count(times.begin(), times.end(), '\n') == 50);
  CHECK(times_of(folder, drawn) == times);

  const auto made = timeline_at(folder.path("results/clip.timeline.json"));
  REQUIRE(made.at("events").size() == 1);
  const auto& box = made.at("events")[0].at("box");
  const int number = made.at("events")[0].at("start_frame").get<int>() + 5;
  const auto before = frame_of(folder, video, number, "640:360"), after = frame_of(folder, drawn, number, "640:360");
  const auto px = [&](const char* side, int of) { return static_cast<int>(box.at(side).get<double>() * of); };
  const int x = px("x", 640), y = px("y", 360), bottom = y + px("height", 360);
  CHECK(difference(before, after, 640, x - 2, y, x + 3, bottom) > 30);
  CHECK(difference(before, after, 640, 250, 260, 400, 340) < 3);
}

TEST_CASE("the sound is copied packet for packet and stays in step, wherever sound and pictures begin") {
  struct begin {
    const char* name;
    const char* sound_offset;
    const char* picture_offset;
  };
  for (const auto& [name, sound_offset, picture_offset] :
       {begin{"late-sound.mp4", "0.5", "0"}, begin{"late-pictures.mkv", "0", "0.4"}, begin{"together.ts", "0", "0"},
        begin{"later.ts", "0.3", "0"}}) {
    INFO(name);
    const temporary_folder folder;
    const auto video = folder.path(name);
    ffmpeg({"-itsoffset", picture_offset, "-f",   "lavfi", "-i",   "testsrc2=size=320x180:rate=25:duration=2",
            "-itsoffset", sound_offset,   "-f",   "lavfi", "-i",   "sine=frequency=440:sample_rate=48000:duration=2",
            "-map",       "0:v",          "-map", "1:a",   "-c:v", "libx264",
            "-preset",    "ultrafast",    "-c:a", "aac",   video});
    const auto end = run_program(folder, analyze(folder, {"-a", "cut_analysis", video}));
    INFO(end.err);
    REQUIRE(end.status == 0);
    const auto before = sound_in(folder, video);
    const auto after = sound_in(folder, folder.path("drawn/" + fs::path(name).stem().string() + ".annotated.mp4"));
    CHECK(after.hash.size() > 30);
    CHECK(after.hash == before.hash);
    CHECK(after.after_picture == Approx(before.after_picture).margin(0.002));
  }
}

TEST_CASE("sound that MP4 does not hold becomes AAC and is heard when it was") {
  struct stored {
    const char* name;
    const char* codec;
    const char* sound_offset;
    const char* picture_offset;
  };
  for (const auto& [name, codec, sound_offset, picture_offset] :
       {stored{"together.avi", "adpcm_ms", "0", "0"}, stored{"late-sound.mov", "pcm_s24be", "0.5", "0"},
        stored{"late-pictures.mkv", "pcm_s16le", "0", "0.4"}}) {
    INFO(name);
    const temporary_folder folder;
    const auto video = folder.path(name);
    ffmpeg({"-itsoffset", picture_offset, "-f",   "lavfi", "-i",   "testsrc2=size=320x180:rate=25:duration=2",
            "-itsoffset", sound_offset,   "-f",   "lavfi", "-i",   "aevalsrc='0.5*sin(3000*t)*gt(t,1)':s=44100:d=2",
            "-map",       "0:v",          "-map", "1:a",   "-c:v", "mpeg4",
            "-c:a",       codec,          video});
    const auto end = run_program(folder, analyze(folder, {"-a", "cut_analysis", video}));
    CHECK(end.status == 0);
    CHECK_FALSE(has(end.err, "of the sound"));
    const auto drawn = folder.path("drawn/" + fs::path(name).stem().string() + ".annotated.mp4");
    CHECK(said_by(folder, "ffprobe -v error -select_streams a -show_entries stream=codec_name,channels -of csv=p=0 '" +
                              drawn + "'") == "aac,1\n");
    CHECK(first_tone(folder, drawn) == Approx(first_tone(folder, video)).margin(0.03));
  }
}

TEST_CASE("sound that nothing here decodes is left out, and that is said") {
  const temporary_folder folder;
  const auto video = folder.path("clip.avi");
  ffmpeg({"-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=1", "-f", "lavfi", "-i", "sine=duration=1",
          "-c:v", "mpeg4", "-c:a", "pcm_s16le", video});
  auto bytes = read_file(video);
  bytes.replace(bytes.find("strf", bytes.find("auds")) + 8, 2, "\x77\x77"); // what it is encoded as
  folder.write("clip.avi", bytes);
  const auto end = run_program(folder, analyze(folder, {"-a", "cut_analysis", video}));
  CHECK(end.status == 0);
  CHECK(has(end.err, "MP4 has no place for none, and nothing here decodes none"));
  const auto streams = said_by(folder, "ffprobe -v error -show_entries stream=codec_type -of csv=p=0 '" +
                                           folder.path("drawn/clip.annotated.mp4") + "'");
  CHECK(streams == "video\n");
}

TEST_CASE("a contact sheet has a tile a scene, with the picture of the scene on it") {
  const temporary_folder folder;
  const auto video = folder.path("clip.mp4");
  ffmpeg({"-f", "lavfi", "-i",
          "color=red:size=320x180:rate=25:duration=3,setsar=1[a];testsrc2=size=320x180:rate=25:duration=3,setsar=1[b];"
          "[a][b]concat=n=2:v=1:a=0",
          "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", video});
  const auto end = run_program(folder, with(analyze(folder, fused), {video}));
  INFO(end.err);
  REQUIRE(end.status == 0);
  const auto made = timeline_at(folder.path("results/clip.timeline.json"));
  REQUIRE(made.at("scenes").size() == 2);
  const auto sheet = folder.path("drawn/clip.scenes.png");
  CHECK(read_file(sheet).starts_with("\x89PNG"));
  // Two columns and one row: of each tile the mean color.
  const auto tiles = frame_of(folder, sheet, 0, "2:1:flags=area");
  const auto part = [&](std::size_t tile, std::size_t channel) {
    return static_cast<int>(static_cast<std::uint8_t>(tiles.at(3 * tile + channel)));
  };
  CHECK(part(0, 0) > part(0, 1) + 100);
  CHECK(std::abs(part(1, 0) - part(1, 1)) < 60);
}

TEST_CASE("without scenes there is no contact sheet, and that is said; a folder without a name is refused") {
  const temporary_folder folder;
  const auto video = make_clip(folder, "clip.mp4", "testsrc2=size=320x180:rate=25", 0.4);
  const auto end = run_program(folder, analyze(folder, {"-a", "cut_analysis", video}));
  CHECK(end.status == 0);
  CHECK_FALSE(fs::exists(folder.path("drawn/clip.scenes.png")));
  CHECK(has(end.err, "clip.mp4 has no contact sheet: no scenes were found, because scene_segmentation did not run"));
  const auto unnamed = run_program(folder, {"analyze-video", "--render", "", video});
  CHECK(unnamed.status == 2);
  CHECK(has(unnamed.err, "--render: no folder is named"));
}

TEST_CASE("turned videos are drawn on upright, and folders of images are drawn on as well") {
  const temporary_folder folder;
  const auto flat = make_clip(folder, "flat.mp4", "testsrc2=size=320x180:rate=25", 1);
  // The matrix in the track's header, by which players turn it (ISO/IEC 14496-12): a quarter clockwise.
  auto bytes = read_file(flat);
  const auto matrix = bytes.find("tkhd") + 44;
  bytes.replace(matrix, 20, std::string{"\0\0\0\0\0\1\0\0\0\0\0\0\xFF\xFF\0\0\0\0\0\0", 20});
  const auto turned = folder.write("turned.mp4", bytes);
  fs::create_directory(folder.path("frames"));
  ffmpeg({"-i", flat, "-frames:v", "8", folder.path("frames/%d.png")});
  const auto end = run_program(folder, with(analyze(folder, fused), {turned, folder.path("frames")}));
  INFO(end.err);
  REQUIRE(end.status == 0);
  const auto size = [&](const std::string& name) {
    return said_by(folder, "ffprobe -v error -show_entries stream=width,height,nb_frames -of csv=p=0 '" +
                               folder.path("drawn/" + name) + "'");
  };
  CHECK(size("turned.annotated.mp4") == "180,320,25\n");
  CHECK(size("frames.annotated.mp4") == "320,180,8\n");
}

TEST_CASE("without the folder to draw into, the timeline is written, a sentence says why, and the status is 3") {
  const temporary_folder folder;
  const auto video = make_clip(folder, "clip.mp4", "testsrc2=size=160x90:rate=25", 0.4);
  for (const std::string place : {"/proc/drawn", video.c_str()}) {
    const auto end = run_program(folder, with({"analyze-video", "--out", folder.path("results"), "--format", "json",
                                               "--overwrite", "--render", place, video},
                                              fused));
    CHECK(end.status == 3);
    CHECK(has(end.err, "no video will be drawn on"));
    CHECK(has(end.err, place));
    CHECK(timeline_at(folder.path("results/clip.timeline.json")).at("media").at("frames") == 10);
  }
}

TEST_CASE("drawings that are there are replaced only when that is asked for") {
  const temporary_folder folder;
  const auto video = make_clip(folder, "clip.mp4", "testsrc2=size=160x90:rate=25", 0.4);
  fs::create_directory(folder.path("drawn"));
  folder.write("drawn/clip.scenes.png", "precious");
  const auto refused = run_program(folder, with(analyze(folder, fused), {video}));
  CHECK(refused.status == 2);
  CHECK(has(refused.err, "clip.scenes.png exists"));
  CHECK(read_file(folder.path("drawn/clip.scenes.png")) == "precious");
  CHECK(run_program(folder, with(analyze(folder, fused), {video, "--overwrite"})).status == 0);
  CHECK(read_file(folder.path("drawn/clip.scenes.png")) != "precious");
}

TEST_CASE("a render worker that dies costs the drawings and nothing else") {
  const temporary_folder folder;
  const auto video = make_long_clip(folder, "clip.mp4");
  program_run run{folder, with(analyze(folder, fused), {video})};
  std::vector<pid_t> workers;
  REQUIRE(wait_until([&] { return !(workers = workers_of(run.pid(), "render")).empty(); }));
  ::kill(workers.front(), SIGSEGV);
  const auto end = run.wait();
  CHECK(end.status == 3);
  CHECK(has(end.err, "clip.mp4 was not drawn on: the render worker was killed by signal 11"));
  CHECK(folder.names_in("drawn").empty());
  CHECK(folder.names_in("results") == words{"clip.timeline.json"});
}

TEST_CASE("a render worker that says nothing is ended after the stall timeout") {
  const temporary_folder folder;
  const auto video = make_long_clip(folder, "clip.mp4");
  const auto config = folder.write("c.yaml", "media: {stall_timeout_s: 3}\n");
  program_run run{folder, with(analyze(folder, fused), {video, "-c", config})};
  std::vector<pid_t> workers;
  REQUIRE(wait_until([&] { return !(workers = workers_of(run.pid(), "render")).empty(); }));
  ::kill(workers.front(), SIGSTOP);
  const auto end = run.wait();
  CHECK(end.status == 3);
  CHECK(has(end.err, "the render worker said nothing for 3 s"));
  CHECK_FALSE(is_alive(workers.front()));
}

TEST_CASE("an interrupt ends the drawing at once and leaves nothing half done") {
  const temporary_folder folder;
  const auto video = make_long_clip(folder, "clip.mp4");
  program_run run{folder, with(analyze(folder, fused), {video})};
  std::vector<pid_t> workers;
  REQUIRE(wait_until([&] { return !(workers = workers_of(run.pid(), "render")).empty(); }));
  run.kill(SIGINT);
  CHECK(run.wait().status == 130);
  CHECK_FALSE(is_alive(workers.front()));
  CHECK(folder.names_in("drawn").empty());
  CHECK(folder.names_in("results") == words{"clip.timeline.json"});
}
