#include "analyzers/audio_levels.hpp"

#include "tests/catch.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

using namespace timeloom;

namespace {

using enum channel_role;
using std::numbers::pi;

/// The size of a sample of full scale.
double size_of(double decibels) {
  return std::pow(10, decibels / 20);
}

std::function<double(double)> tone(double hz, double dbfs, double phase = 0) {
  return [=](double t) { return size_of(dbfs) * std::sin(2 * pi * hz * t + phase); };
}

/// Sound made in code: the same wave in every channel.
struct made_sound {
  int rate_hz = 48000;
  std::vector<channel_role> channels{front, front};

  /// [from, to) in blocks of a fifth of a second, each given to `give`.
  void play(double from, double to, const std::function<double(double)>& wave,
            const std::function<void(const sound_block&)>& give) const {
    const auto frames = static_cast<std::size_t>(std::llround((to - from) * rate_hz));
    const auto most = static_cast<std::size_t>(rate_hz) / 5;
    for (std::size_t first = 0; first < frames; first += most) {
      sound_block block{from_seconds(from + static_cast<double>(first) / rate_hz), rate_hz, channels, {}};
      for (std::size_t i = first; i < std::min(frames, first + most); ++i)
        block.samples.insert(block.samples.end(), channels.size(),
                             static_cast<float>(wave(from + static_cast<double>(i) / rate_hz)));
      give(block);
    }
  }
};

struct session {
  audio_level_analyzer analyzer{audio_levels_options{}};
  std::vector<event> events;

  void hear(const made_sound& sound, double from, double to, const std::function<double(double)>& wave) {
    sound.play(from, to, wave, [&](const sound_block& block) { analyzer.hear(block); });
  }
  /// Pictures, 25 a second, up to `to` seconds.
  void pass(double to) {
    for (; static_cast<double>(next_) / 25 < to; ++next_)
      analyzer.pass({next_, from_seconds(static_cast<double>(next_) / 25)});
  }
  void finish(double end, const std::optional<sound_facts>& stream = sound_facts{1, "aac", 0, ""}) {
    analyzer.finish(from_seconds(end), stream);
    for (auto& one : analyzer.take_events())
      events.push_back(std::move(one));
  }
  std::vector<event> of(const std::string& kind) const {
    std::vector<event> found;
    std::copy_if(events.begin(), events.end(), std::back_inserter(found),
                 [&](const event& one) { return one.kind == kind; });
    return found;
  }

private:
  std::int64_t next_ = 0;
};

const attribute& value_of(const event& found, const std::string& name) {
  for (const auto& [key, value] : found.attributes)
    if (key == name)
      return value;
  FAIL("no attribute " << name);
  return found.attributes.front().second;
}

double number_of(const event& found, const std::string& name) {
  return std::get<double>(value_of(found, name).value);
}

std::vector<double> list_of(const event& found, const std::string& name) {
  std::vector<double> numbers;
  for (const auto& one : std::get<attribute::list>(value_of(found, name).value))
    numbers.push_back(std::get<double>(one.value));
  return numbers;
}

double integrated(const made_sound& sound, const std::function<double(double)>& wave) {
  session at;
  at.hear(sound, 0, 6, wave);
  at.finish(6);
  return number_of(at.of("programme").at(0), "integrated_lufs");
}

const auto silent = [](double) { return 0.0; };

} // namespace

TEST_CASE("a tone has the loudness that EBU Tech 3341 gives it") {
  // Its cases 1 and 2: a stereo tone of 1 kHz at -23 dBFS is -23 LUFS, at -33 dBFS -33 LUFS.
  CHECK(integrated({}, tone(1000, -23)) == Approx(-23).margin(0.1));
  CHECK(integrated({}, tone(1000, -33)) == Approx(-33).margin(0.1));
  CHECK(integrated({44100, {front}}, tone(1000, -23)) == Approx(-26).margin(0.1));
  // Its case 6: 5.1 with tones of -28 dBFS in front, -24 dBFS in the middle and -30 dBFS behind is -23 LUFS. Here all
  // have one size: 3 + 2 * 1.41 channels over the 2 of stereo.
  CHECK(integrated({48000, {front, front, front, low_frequency, surround, surround}}, tone(1000, -30)) ==
        Approx(-30 + 10 * std::log10((3 + 2 * 1.41) / 2)).margin(0.1));
}

TEST_CASE("quiet parts do not make a programme quieter") {
  session at; // case 3 of EBU Tech 3341, shortened
  at.hear({}, 0, 2, tone(1000, -36));
  at.hear({}, 2, 14, tone(1000, -23));
  at.hear({}, 14, 16, tone(1000, -36));
  at.finish(16);
  CHECK(number_of(at.of("programme").at(0), "integrated_lufs") == Approx(-23).margin(0.15));
}

TEST_CASE("the loudness range is that of EBU Tech 3342") {
  session at; // its case 1
  at.hear({}, 0, 20, tone(1000, -20));
  at.hear({}, 20, 40, tone(1000, -30));
  at.finish(40);
  CHECK(number_of(at.of("programme").at(0), "range_lu") == Approx(10).margin(1));
}

TEST_CASE("the true peak lies between the samples") {
  session at; // a quarter of the rate, sampled at 45 degrees: each sample is 3 dB under the wave
  at.hear({}, 0, 2, tone(12000, -6, pi / 4));
  at.finish(2);
  const auto whole = at.of("programme").at(0);
  CHECK(number_of(whole, "true_peak_dbtp") == Approx(-6).margin(0.2));
  CHECK(list_of(at.of("loudness").at(0), "peak_dbfs").at(0) == Approx(-9).margin(0.1));
}

TEST_CASE("what came before does not hide a peak") {
  const auto swell = [](double size) {
    std::vector<float> samples(4000);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const auto x = static_cast<double>(i);
      samples[i] = static_cast<float>(size * std::sin(pi * x / 4000) * std::sin(2 * pi * x * 0.2437));
    }
    return samples;
  };
  const auto peak_of = [&](const std::vector<double>& sizes) {
    true_peak peak;
    for (const double size : sizes)
      peak.hear(swell(size).data(), 4000, 1);
    return peak.peak();
  };
  CHECK(peak_of({0.5}) == Approx(0.5).margin(0.005));
  for (const double before : {0.2, 0.3, 0.45, 0.499})
    CHECK(peak_of({before, before, 0.5, 0.1}) == peak_of({0.5}));
}

TEST_CASE("every second has a point, every minute an event, and a hole begins another") {
  session at;
  at.hear({}, 0, 70, tone(1000, -23));
  at.hear({}, 75, 77.5, tone(1000, -43));
  at.pass(80);
  at.finish(80);
  const auto runs = at.of("loudness");
  REQUIRE(runs.size() == 3);
  CHECK(list_of(runs[0], "momentary_lufs").size() == 60);
  CHECK(list_of(runs[1], "momentary_lufs").size() == 10);
  CHECK(list_of(runs[2], "short_term_lufs").size() == 3);
  CHECK(to_seconds(runs[1].start.time) == Approx(60).margin(0.001));
  CHECK(to_seconds(runs[2].start.time) == Approx(75).margin(0.001));
  CHECK(to_seconds(runs[2].end->time) == Approx(77.5).margin(0.001));
  CHECK(list_of(runs[0], "momentary_lufs").at(5) == Approx(-23).margin(0.1));
  CHECK(list_of(runs[0], "short_term_lufs").at(5) == Approx(-23).margin(0.1));
  CHECK(list_of(runs[2], "momentary_lufs").at(1) == Approx(-43).margin(0.1));
  CHECK(std::get<double>(value_of(runs[0], "step_s").value) == 1);
}

TEST_CASE("silences have the edges of the sound, and short ones are left out") {
  session at;
  const made_sound sound{44100, {front, front}};
  at.hear(sound, 0, 3, tone(500, -20));
  at.hear(sound, 3, 4, silent); // too short
  at.hear(sound, 4, 5, tone(500, -20));
  at.hear(sound, 5, 7.5, tone(500, -66));
  at.hear(sound, 7.5, 9, tone(500, -54)); // quiet, but no silence
  at.hear(sound, 9, 12, silent);
  at.pass(12);
  at.finish(12);
  const auto found = at.of("silence");
  REQUIRE(found.size() == 2);
  CHECK(to_seconds(found[0].start.time) == Approx(5).margin(0.003));
  CHECK(to_seconds(found[0].end->time) == Approx(7.5).margin(0.003));
  CHECK(found[0].start.index == 125);
  CHECK(to_seconds(found[1].start.time) == Approx(9).margin(0.003));
  CHECK(to_seconds(found[1].end->time) == Approx(12).margin(0.003));
}

TEST_CASE("where the stream has no sound at all, it is silent") {
  session at;
  at.hear({}, 4, 6, tone(500, -20));
  at.hear({}, 9, 10, tone(500, -20));
  at.pass(15);
  at.finish(15);
  const auto found = at.of("silence");
  REQUIRE(found.size() == 3);
  CHECK(found[0].start.time == media_time{0});
  CHECK(to_seconds(found[0].end->time) == Approx(4).margin(0.003));
  CHECK(to_seconds(found[1].start.time) == Approx(6).margin(0.003));
  CHECK(to_seconds(found[1].end->time) == Approx(9).margin(0.003));
  CHECK(to_seconds(found[2].end->time) == Approx(15).margin(0.003));
}

TEST_CASE("frames are those that are shown then, whichever of sound and pictures comes first") {
  const auto frames_of = [](double picture_lead) {
    session at;
    const made_sound sound{8000, {front}};
    for (double t = 0; t < 10; t += 0.5) {
      at.pass(t + picture_lead);
      at.hear(sound, t, t + 0.5, t >= 3 && t < 6 ? std::function<double(double)>{silent} : tone(500, -20));
    }
    at.pass(10);
    at.finish(10);
    const auto found = at.of("silence").at(0);
    return std::pair{found.start.index, found.end->index};
  };
  const auto together = frames_of(0);
  CHECK(together.first == Approx(75).margin(1));
  CHECK(together.second == Approx(150).margin(1));
  CHECK(frames_of(-20) == together);
  CHECK(frames_of(20) == together);
  CHECK(frames_of(2) == together);
}

TEST_CASE("a change of rate and channels goes on as one programme") {
  session at;
  at.hear({48000, {front, front}}, 0, 5, tone(1000, -23));
  at.hear({44100, {front, front, front, low_frequency, surround, surround}}, 5, 10, silent);
  at.hear({96000, {front}}, 10, 15, tone(1000, -20));
  at.finish(15);
  const auto whole = at.of("programme");
  REQUIRE(whole.size() == 1);
  CHECK(number_of(whole[0], "integrated_lufs") == Approx(-23).margin(0.1));
  CHECK(number_of(whole[0], "true_peak_dbtp") == Approx(-20).margin(0.1));
  CHECK(std::get<std::int64_t>(value_of(whole[0], "sample_rate_hz").value) == 96000);
  CHECK(at.of("silence").size() == 1);
  CHECK(at.analyzer.status() == analyzer_status::done);
}

TEST_CASE("what is never loud is told as the floor, not as minus infinity") {
  session at;
  at.hear({}, 0, 5, silent);
  at.finish(5);
  const auto whole = at.of("programme").at(0);
  CHECK(number_of(whole, "integrated_lufs") == quietest);
  CHECK(number_of(whole, "true_peak_dbtp") == quietest);
  CHECK(whole.label == "-70.0 LUFS");
  CHECK(at.of("silence").size() == 1);
}

TEST_CASE("a video without sound says so") {
  for (const auto& stream : {std::optional<sound_facts>{}, std::optional{sound_facts{1, "aac", 0, ""}}}) {
    session at;
    at.pass(4);
    at.finish(4, stream);
    REQUIRE(at.events.size() == 1);
    CHECK(at.events[0].kind == "no_sound");
    CHECK(at.events[0].start.index == 0);
    CHECK(at.events[0].end->index == 99);
    CHECK(at.analyzer.status() == analyzer_status::done);
  }
}

TEST_CASE("sound of which nothing was heard has failed, and with errors it is partial") {
  session none;
  none.pass(4);
  none.finish(4, sound_facts{2, "alien", 3, "nothing here decodes alien"});
  CHECK(none.events.empty());
  CHECK(none.analyzer.status() == analyzer_status::failed);
  CHECK(none.analyzer.reason() == "the sound, stream 2, cannot be listened to: nothing here decodes alien");

  session some;
  some.hear({}, 0, 3, tone(500, -20));
  some.finish(4, sound_facts{1, "aac", 1, "after 3.000 s: a packet was not decoded"});
  CHECK(some.of("programme").size() == 1);
  CHECK(some.analyzer.status() == analyzer_status::partial);
  CHECK(some.analyzer.reason() == "1 error in the sound, the first after 3.000 s: a packet was not decoded");
}

TEST_CASE("sound that is torn to pieces gives no more events than a reader takes") {
  session at;
  const made_sound sound{4000, {front}};
  for (int i = 0; i < 10'100; ++i)
    at.hear(sound, i * 1.0, i * 1.0 + 0.15, tone(500, -20));
  at.finish(10'100);
  CHECK(at.events.size() == 10'001);
  CHECK(at.of("programme").size() == 1);
  CHECK(at.analyzer.status() == analyzer_status::partial);
  CHECK(at.analyzer.reason().starts_with("only the first 10000 of "));
}
