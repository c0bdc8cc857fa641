#include "timeline/export_json.hpp"

#include "timeline/event_json.hpp"
#include "timeline/json_text.hpp"
#include "timeline/timeline_json.hpp"
#include "timeline/utf8.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace timeloom {

using nlohmann::ordered_json;

namespace {

/// 0.30000000000000004 -> 0.3; 0.8700000047683716 (a float's 0.87) -> 0.87. Whole numbers stay as they are.
double rounded(double v) {
  if (!std::isfinite(v) || v == std::trunc(v))
    return v;
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), v, std::chars_format::scientific, 6).ptr;
  std::from_chars(digits.data(), end, v);
  return v;
}

void round_all(ordered_json& json) {
  if (json.is_number_float())
    json = rounded(json.get<double>());
  else if (json.is_structured())
    for (ordered_json& element : json)
      round_all(element);
}

ordered_json event_document(const event& found) {
  ordered_json json = to_json(found);
  for (const char* member : {"score", "box", "attributes"})
    if (const auto it = json.find(member); it != json.end())
      round_all(*it);
  return json;
}

ordered_json analyzer_document(const analyzer_report& report, std::int64_t events) {
  ordered_json json = {{"id", repaired_utf8(report.id)}, {"status", to_string(report.status)}};
  if (!report.reason.empty())
    json["reason"] = repaired_utf8(report.reason);
  json["backend"] = repaired_utf8(report.backend);
  json["device"] = repaired_utf8(report.device);
  json["rate_hz"] = report.rate_hz > 0 ? ordered_json(rounded(report.rate_hz)) : ordered_json(nullptr);
  json["frames"] = report.frames;
  json["events"] = events;
  json["seconds"] = rounded(report.seconds);
  json["attempt"] = report.attempt;
  if (const auto& from = report.taken_from)
    json["taken_from"] = {{"program", repaired_utf8(from->program)},
                          {"created", repaired_utf8(from->created)},
                          {"host", repaired_utf8(from->host)}};
  return json;
}

ordered_json provenance_document(const provenance& made) {
  ordered_json libraries = ordered_json::array();
  for (const std::string& library : made.libraries)
    libraries.push_back(repaired_utf8(library));
  return {{"program", repaired_utf8(made.program)},
          {"created", repaired_utf8(made.created)},
          {"host", repaired_utf8(made.host)},
          {"libraries", std::move(libraries)},
          {"configuration", repaired_utf8(made.configuration)},
          {"wall_seconds", rounded(made.wall_seconds)},
          {"attempts", made.attempts}};
}

} // namespace

ordered_json timeline_document(const timeline& found) {
  ordered_json media = to_json(found.media);
  round_all(media["sample_aspect"]);
  round_all(media["rate_hz"]);

  ordered_json events = ordered_json::array();
  for (const event& e : found.events)
    events.push_back(event_document(e));
  ordered_json analyzers = ordered_json::array();
  for (const analyzer_report& report : found.analyzers)
    analyzers.push_back(analyzer_document(report, count_finds(found, report.id)));
  ordered_json scenes = ordered_json::array();
  for (const scene& s : found.scenes)
    scenes.push_back(to_json(s));

  return {{"schema", timeline_schema},         {"media", std::move(media)},
          {"analyzers", std::move(analyzers)}, {"scenes", std::move(scenes)},
          {"events", std::move(events)},       {"provenance", provenance_document(found.made)}};
}

std::string export_json(const timeline& found) {
  return json_text(timeline_document(found), 2) + '\n';
}

} // namespace timeloom
