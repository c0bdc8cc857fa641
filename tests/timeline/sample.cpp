#include "tests/timeline/sample.hpp"

#include "timeline/merge.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

namespace timeloom {

namespace {

constexpr double rate_hz = 30000.0 / 1001.0;

/// The engine's own numbers, without std's distributions, whose results differ between libraries.
class dice {
public:
  explicit dice(std::uint32_t seed) : engine_(seed) {}
  double unit() { return static_cast<double>(engine_()) / 4294967296.0; }
  double between(double low, double high) { return low + (high - low) * unit(); }
  std::size_t below(std::size_t n) { return engine_() % n; }

private:
  std::mt19937 engine_;
};

frame_position at(double seconds) {
  const auto index = static_cast<std::int64_t>(std::llround(seconds * rate_hz));
  return {index, media_time{index * 1'001'000'000 / 30}};
}

event make(const char* analyzer, const char* kind, double from, double to = -1) {
  event e;
  e.analyzer = analyzer;
  e.kind = kind;
  e.start = at(from);
  if (to >= 0)
    e.end =
        frame_position{std::max(at(to).index - 1, e.start.index), std::max(at(to - 1 / rate_hz).time, e.start.time)};
  return e;
}

double thousandth(double v) {
  return std::round(v * 1000) / 1000;
}

struct color {
  const char* name;
  const char* hex;
};
constexpr std::array<std::array<color, 4>, 5> palettes{{
    {{{"dark blue", "#13233f"}, {"steel blue", "#4a6d8c"}, {"sand", "#d9c39a"}, {"white", "#f2efe8"}}},
    {{{"olive green", "#56642e"}, {"brown", "#5b4026"}, {"pale green", "#b9c98f"}, {"black", "#15140f"}}},
    {{{"orange", "#d9772b"}, {"dark red", "#611d1c"}, {"gold", "#eebf5a"}, {"black", "#100b0a"}}},
    {{{"gray", "#7f858b"}, {"light gray", "#c5cbd0"}, {"dark gray", "#33383d"}, {"teal", "#2b7a78"}}},
    {{{"purple", "#4b2a63"}, {"pink", "#d46a9f"}, {"dark blue", "#1a1838"}, {"lavender", "#b9a5dd"}}},
}};

constexpr std::array<const char*, 6> captions{
    "A wide view of a harbour at dawn; two fishing boats lie at the quay while gulls circle above the water.",
    "A woman in a yellow coat walks along the pier and looks at her phone.",
    "Close-up of hands tying a rope around a bollard.",
    "Inside a small cabin, a man pours coffee from a metal pot; rain runs down the window.",
    "The boat leaves the harbour. The camera follows it to the right until it passes the lighthouse.",
    "Evening. Lights go on along the shore, and the title of the film fades in.",
};
constexpr std::array<const char*, 6> words{"HARBOUR MASTER", "Café Lumière",
                                           "EXIT →",         "BREAKING NEWS\nStorm warning for the coast",
                                           "PIER 7",         "Directed by A. Weaver"};

analyzer_report report(const char* id, const char* backend, const char* device, double rate, double duration) {
  analyzer_report r;
  r.id = id;
  r.backend = backend;
  r.device = device;
  r.rate_hz = rate;
  r.frames = static_cast<std::int64_t>(duration * (rate > 0 ? rate : rate_hz));
  r.seconds = thousandth(duration * 0.04);
  return r;
}

void add_scene(timeline& t, dice& random, double from, double to, bool detections) {
  const std::int64_t number = static_cast<std::int64_t>(t.scenes.size()) + 1;
  scene s;
  s.number = number;
  s.first = at(from);
  s.representative = at((from + to) / 2);
  s.last = {at(to).index - 1, at(to - 1 / rate_hz).time};
  s.end = at(to).time;
  s.shots = 1 + static_cast<std::int64_t>(random.below(4));

  auto& events = t.events;
  for (std::int64_t shot = 0; shot < s.shots; ++shot) {
    const double shot_from = from + (to - from) * static_cast<double>(shot) / static_cast<double>(s.shots);
    const double shot_to = from + (to - from) * static_cast<double>(shot + 1) / static_cast<double>(s.shots);
    if (shot_from > 0) {
      const bool gradual = shot == 0 && number % 3 == 0;
      constexpr std::array<const char*, 4> kinds{"dissolve", "fade_in", "fade_out", "wipe"};
      event change = gradual ? make("cut_analysis", kinds[random.below(4)], shot_from - 0.4, shot_from + 0.5)
                             : make("cut_analysis", "cut", shot_from);
      change.score = thousandth(random.between(0.6, 1));
      events.push_back(change);
    }
    constexpr std::array<std::pair<const char*, const char*>, 8> moves{{{"static", ""},
                                                                        {"pan", "left"},
                                                                        {"pan", "right"},
                                                                        {"tilt", "up"},
                                                                        {"zoom", "in"},
                                                                        {"shake", ""},
                                                                        {"static", ""},
                                                                        {"roll", "clockwise"}}};
    const auto [kind, label] = moves[random.below(moves.size())];
    event move = make("camera_analysis", kind, shot_from, shot_to);
    if (*label)
      move.label = label;
    move.score = thousandth(random.between(0.5, 1));
    move.attributes = {{"amount", thousandth(random.between(0, 0.6))}, {"unit", "picture widths"}};
    events.push_back(move);
  }

  const auto& palette = palettes[static_cast<std::size_t>(number) % palettes.size()];
  event look = make("color_analysis", "palette", from, to);
  look.label = palette[0].name;
  attribute::list colors;
  double left = 1;
  for (const color& c : palette) {
    const double share = thousandth(left * random.between(0.4, 0.6));
    left -= share;
    colors.push_back(attribute::object{{"name", c.name}, {"hex", c.hex}, {"share", share}});
  }
  look.attributes = {{"colors", colors},
                     {"brightness", thousandth(random.between(0.1, 0.8))},
                     {"contrast", thousandth(random.between(0.1, 0.4))},
                     {"saturation", thousandth(random.between(0, 0.7))}};
  events.push_back(look);

  event caption = make("scene_caption", "caption", from, to);
  caption.text = captions[static_cast<std::size_t>(number - 1) % captions.size()];
  events.push_back(caption);

  if (random.unit() < 0.6) {
    const double start = from + (to - from) * random.between(0.1, 0.4);
    event read = make("text_overlay", "text", start, std::min(to, start + random.between(1.5, 5)));
    read.text = words[random.below(words.size())];
    read.score = thousandth(random.between(0.7, 0.99));
    read.area = box{0.1, 0.78, 0.5, 0.12};
    events.push_back(read);
  }
  if (random.unit() < 0.3)
    events.push_back(make("audio_levels", "silence", from + 0.2, from + 1.4));

  if (detections) {
    constexpr std::array<const char*, 5> things{"person", "boat", "bird", "cup", "car"};
    for (std::size_t i = random.below(4); i < 4; ++i) {
      const char* thing = things[random.below(things.size())];
      const double start = random.between(from, to), length = random.between(0.5, to - start + 0.5);
      event seen = make("object_detection", "object", start, std::min(to, start + length));
      seen.label = thing;
      seen.score = thousandth(random.between(0.4, 0.98));
      seen.track = static_cast<std::int64_t>(events.size());
      seen.area = box{thousandth(random.between(0, 0.6)), thousandth(random.between(0, 0.5)), 0.25, 0.4};
      events.push_back(seen);
    }
  }
  t.scenes.push_back(std::move(s));
}

void add_sound(timeline& t, double duration) {
  dice random(9);
  double level = -24;
  event whole = make("audio_levels", "programme", 0, duration);
  whole.label = "-23.4 LUFS";
  whole.attributes = {{"integrated_lufs", -23.4}, {"range_lu", 11.2}, {"true_peak_dbtp", -1.3}, {"channels", 2}};
  t.events.push_back(whole);
  for (double from = 0; from < duration; from += 60) {
    const double to = std::min(duration, from + 60);
    attribute::list momentary, short_term, peak;
    for (double second = from; second < to; ++second) {
      level += 0.2 * (-24 - level) + random.between(-4, 4);
      momentary.emplace_back(thousandth(level + random.between(0, 5)));
      short_term.emplace_back(thousandth(level));
      peak.emplace_back(thousandth(std::min(0.0, level + random.between(10, 16))));
    }
    event levels = make("audio_levels", "loudness", from, to);
    levels.attributes = {
        {"step_s", 1.0}, {"momentary_lufs", momentary}, {"short_term_lufs", short_term}, {"peak_dbfs", peak}};
    t.events.push_back(levels);
  }
}

timeline start(double duration) {
  timeline t;
  t.media.path = "films/harbour.mp4";
  t.media.bytes = static_cast<std::int64_t>(duration * 640'000);
  t.media.sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  t.media.container = "mov,mp4,m4a,3gp,3g2,mj2";
  t.media.codec = "h264";
  t.media.pixel_format = "yuv420p";
  t.media.width = 1920;
  t.media.height = 1080;
  t.media.rate_hz = rate_hz;
  t.media.duration = at(duration).time;
  t.media.frames = at(duration).index;
  t.media.has_audio = true;
  t.analyzers = {report("cut_analysis", "embedded", "cpu", 0, duration),
                 report("scene_segmentation", "embedded", "cpu", 0, duration),
                 report("color_analysis", "embedded", "cpu", 2, duration),
                 report("camera_analysis", "embedded", "cpu", 6, duration),
                 report("audio_levels", "libebur128 1.2.6", "cpu", 0, duration),
                 report("text_overlay", "tesseract 5.3.0 (eng)", "cpu", 1, duration),
                 report("object_detection", "yolov8n (TorchScript)", "cuda:GPU-5f1c2a7e", 3, duration),
                 report("body_pose", "", "", 6, duration),
                 report("scene_caption", "internvl3-2b", "cuda:GPU-5f1c2a7e", 0, duration),
                 report("temporal_caption", "qwen2-vl-2b", "cuda:GPU-5f1c2a7e", 1, duration)};
  t.analyzers[5].status = analyzer_status::partial;
  t.analyzers[5].reason = "2 of 90 frames were dropped: tesseract stopped with signal 11";
  t.analyzers[7].status = analyzer_status::skipped;
  t.analyzers[7].reason = "model file not found: models/yolov8n-pose.torchscript";
  t.analyzers[7].frames = 0;
  t.analyzers[7].seconds = 0;
  t.analyzers[9].status = analyzer_status::failed;
  t.analyzers[9].reason = "out of memory: 5.1 GB needed, 3.2 GB free";
  t.analyzers[9].frames = 0;
  t.made = {"timeloom 0.1.0",
            "2026-11-20T12:00:00Z",
            "workstation",
            {"libavcodec 59.37.100", "opencv 4.6.0"},
            "sampling:\n  text_overlay: 1\n",
            thousandth(duration * 0.05),
            1};
  add_sound(t, duration);
  return t;
}

void finish(timeline& t) {
  std::vector<std::string> catalog;
  for (const analyzer_report& r : t.analyzers)
    catalog.push_back(r.id);
  t.events = merge(std::move(t.events), catalog);
}

} // namespace

timeline sample_timeline() {
  timeline t = start(90);
  dice random(7);
  double from = 0;
  for (const double to : {8.5, 14.0, 19.2, 33.0, 36.5, 47.0, 58.3, 64.0, 71.5, 90.0}) {
    add_scene(t, random, from, to, true);
    from = to;
  }
  finish(t);
  return t;
}

timeline long_timeline(std::int64_t events) {
  constexpr double duration = 7200;
  timeline t = start(duration);
  dice random(8);
  for (double from = 0; from < duration;) {
    const double to = std::min(duration, from + random.between(3, 20));
    add_scene(t, random, from, duration - to < 3 ? duration : to, true);
    from = duration - to < 3 ? duration : to;
  }
  constexpr std::array<const char*, 5> things{"person", "boat", "bird", "cup", "car"};
  while (static_cast<std::int64_t>(t.events.size()) < events) {
    event seen = make("object_detection", "object", random.between(0, duration));
    seen.label = things[random.below(things.size())];
    seen.score = thousandth(random.between(0.3, 1));
    seen.area = box{thousandth(random.between(0, 0.6)), thousandth(random.between(0, 0.5)), 0.25, 0.4};
    t.events.push_back(seen);
  }
  finish(t);
  return t;
}

timeline hostile_timeline() {
  const std::string attack =
      "</script><script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\"><!--<script>"
      "{{script}} --> \xE2\x80\xA8 \xE2\x80\xAE"
      "evil \x01\x02 \xFF\xFE \"quoted\", 'and'\r\n\r\nNOTE\r\n00:00.000 --> 99:00.000\nowned";
  timeline t = sample_timeline();
  t.media.path = "dir/" + attack.substr(0, 60) + "\xE9.mp4";
  t.media.codec = attack;
  t.media.decode_errors = 1;
  t.media.decode_notes = {attack};
  t.made.program = attack;
  t.made.libraries = {attack};
  t.made.configuration = attack;
  for (analyzer_report& r : t.analyzers) {
    r.backend = attack;
    if (r.status != analyzer_status::done)
      r.reason = attack;
  }
  for (std::size_t i = 0; i < t.events.size(); ++i) {
    event& e = t.events[i];
    if (e.label || i % 7 == 0)
      e.label = attack;
    if (e.text || i % 5 == 0)
      e.text = (i % 2 ? "=HYPERLINK(\"http://example.invalid\")" : "") + attack;
    e.attributes.emplace_back(attack, attribute::list{attack, attribute::object{{"hex", "red;background:url(x)"}}});
    e.attributes.emplace_back("__proto__", attribute::object{{"polluted", true}});
    e.attributes.emplace_back("colors", attribute::list{attribute::object{{"hex", attack}, {"share", "1"}}, attack, 3});
  }
  return t;
}

} // namespace timeloom
