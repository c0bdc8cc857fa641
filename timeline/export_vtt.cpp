#include "timeline/export_vtt.hpp"

#include "timeline/timeline_json.hpp"
#include "timeline/utf8.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

namespace timeloom {

namespace {

constexpr media_time moment_shown{1'500'000'000};
constexpr media_time shortest{1'000'000}; // WebVTT times have milliseconds, and a cue must end after it starts

/// Text of a cue or note: no markup, no "-->", no blank lines, which would end it.
std::string escaped(std::string_view bytes) {
  std::string text;
  bool at_line_start = true;
  for (const char c : repaired_utf8(bytes)) {
    if (c == '\n' || c == '\r') {
      if (!at_line_start)
        text += '\n';
      at_line_start = true;
      continue;
    }
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) {
      if (!at_line_start)
        text += ' ';
      continue;
    }
    at_line_start = false;
    if (c == '&')
      text += "&amp;";
    else if (c == '<')
      text += "&lt;";
    else if (c == '>')
      text += "&gt;";
    else
      text += c;
  }
  text.erase(text.find_last_not_of("\n ") + 1);
  return text;
}

/// A cue's class: what could end it or start another becomes '_'.
std::string class_name(std::string id) {
  for (char& c : id)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
      c = '_';
  return id;
}

std::string clock(media_time time) {
  const std::int64_t ms = std::max<std::int64_t>(0, time.count() / 1'000'000);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

struct cue {
  media_time start;
  media_time end;
  std::string style;
  std::string text;
};

cue cue_of(const scene& s) {
  return {s.first.time, s.end, "scene",
          s.shots == 1 ? fmt::format("Scene {}", s.number) : fmt::format("Scene {} ({} shots)", s.number, s.shots)};
}

cue cue_of(const event& e, media_time frame) {
  std::string text = e.kind;
  std::replace(text.begin(), text.end(), '_', ' ');
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  if (e.label)
    text += ": " + *e.label;
  if (e.text)
    text += (e.label ? "\n" : ": ") + *e.text;
  // A span's end is when its last frame appears; the cue lasts until that frame goes away. Sound ends when it does.
  const auto stays = e.analyzer == "audio_levels" ? media_time{0} : frame;
  return {e.start.time, e.end ? e.end->time + stays : e.start.time + moment_shown, class_name(e.analyzer),
          escaped(text)};
}

/// Of the sound only silence is a moment worth a cue; the rest covers the whole video.
bool lasts_throughout(const event& e) {
  return e.analyzer == "audio_levels" && e.kind != "silence";
}

std::string note(const timeline& found) {
  std::string text = fmt::format("NOTE\nfile: {}\n", escaped(to_json(found.media)["name"].get<std::string>()));
  if (!found.media.sha256.empty())
    text += fmt::format("sha256: {}\n", escaped(found.media.sha256));
  text += fmt::format("duration: {}\n", clock(found.media.duration));
  for (const analyzer_report& report : found.analyzers) {
    text += fmt::format("{}: {}", escaped(report.id), to_string(report.status));
    std::string reason = escaped(report.reason);
    std::replace(reason.begin(), reason.end(), '\n', ' ');
    text += reason.empty() ? "\n" : fmt::format(" ({})\n", reason);
  }
  text += fmt::format("made by: {}, {}\n", escaped(found.made.program), escaped(found.made.created));
  return text;
}

} // namespace

std::string export_vtt(const timeline& found) {
  const double rate = found.media.rate_hz;
  const media_time frame = rate > 0 ? from_seconds(1 / rate) : media_time{0};
  std::vector<cue> cues;
  for (const scene& s : found.scenes)
    cues.push_back(cue_of(s));
  for (const event& e : found.events)
    if (e.text || (!e.area && !lasts_throughout(e)))
      cues.push_back(cue_of(e, frame));
  for (cue& c : cues) {
    if (found.media.duration > media_time{0})
      c.end = std::min(c.end, found.media.duration);
    c.end = std::max(c.end, std::max(c.start, media_time{0}) + shortest);
  }
  std::stable_sort(cues.begin(), cues.end(), [](const cue& a, const cue& b) { return a.start < b.start; });

  std::string text = "WEBVTT\n\n" + note(found);
  std::size_t number = 0;
  for (const cue& c : cues)
    text += fmt::format("\n{}\n{} --> {}\n<c.{}>{}</c>\n", ++number, clock(c.start), clock(c.end), c.style, c.text);
  return text;
}

} // namespace timeloom
