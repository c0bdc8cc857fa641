#include "timeline/import_json.hpp"

#include "timeline/event_json.hpp"
#include "timeline/export_json.hpp"
#include "timeline/json_members.hpp"
#include "timeline/timeline_json.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <nlohmann/json.hpp>

namespace timeloom {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t most_text_bytes = 1024 * 1024; // of one member

/// The member; empty when it is missing.
std::string text_or_none(json_members& in, const char* name) {
  return in.has(name) ? in.string(name, most_text_bytes) : std::string{};
}

/// Reads the member, which must be there, with `read` into `into`.
template <class Found>
void read_part(json_members& in, const char* name, Found& into, expected<Found> (*read)(const ordered_json&)) {
  const auto* part = in.find(name);
  if (part == nullptr)
    return in.refuse("\"{}\" is missing", name);
  if (auto found = read(*part))
    into = std::move(*found);
  else
    in.refuse(std::move(found.error()));
}

expected<analysis_origin> origin_from_json(const ordered_json& json) {
  json_members in{json, "taken_from"};
  analysis_origin origin;
  origin.program = in.string("program", most_text_bytes);
  origin.created = in.string("created", most_text_bytes);
  origin.host = in.string("host", most_text_bytes);
  if (auto problem = in.finish())
    return tl::unexpected(std::move(*problem));
  return origin;
}

expected<analyzer_report> report_from_json(const ordered_json& json) {
  constexpr std::array statuses{analyzer_status::done, analyzer_status::partial, analyzer_status::failed,
                                analyzer_status::skipped};
  json_members in{json, "analyzer"};
  analyzer_report report;
  report.id = in.identifier("id");
  const auto status = in.identifier("status");
  const auto found = std::find_if(statuses.begin(), statuses.end(), [&](auto one) { return to_string(one) == status; });
  if (found != statuses.end())
    report.status = *found;
  else
    in.refuse("\"status\" is {}", printable(status));
  report.reason = text_or_none(in, "reason");
  report.backend = in.string("backend", most_text_bytes);
  report.device = in.string("device", most_text_bytes);
  if (in.has("rate_hz") && json["rate_hz"].is_null())
    in.find("rate_hz");
  else
    report.rate_hz = in.number("rate_hz", 0, 1e9);
  report.frames = in.count("frames");
  in.count("events");
  report.seconds = in.number("seconds", 0, 1e12);
  report.attempt = static_cast<int>(in.integer("attempt", 1, INT_MAX));
  if (in.has("taken_from"))
    read_part(in, "taken_from", report.taken_from.emplace(), origin_from_json);
  if (auto problem = in.finish())
    return tl::unexpected(std::move(*problem));
  return report;
}

expected<std::string> library_from_json(const ordered_json& json) {
  if (!json.is_string())
    return fail(errc::protocol, "provenance: a library is no text");
  return json.get<std::string>();
}

expected<provenance> provenance_from_json(const ordered_json& json) {
  json_members in{json, "provenance"};
  provenance made;
  made.program = in.string("program", most_text_bytes);
  made.created = in.string("created", most_text_bytes);
  made.host = in.string("host", most_text_bytes);
  in.list("libraries", made.libraries, library_from_json);
  made.configuration = in.string("configuration", most_text_bytes);
  made.wall_seconds = in.number("wall_seconds", 0, 1e12);
  made.attempts = static_cast<int>(in.integer("attempts", 0, INT_MAX));
  if (auto problem = in.finish())
    return tl::unexpected(std::move(*problem));
  return made;
}

} // namespace

expected<timeline> import_json(std::string_view text) {
  const auto json = ordered_json::parse(text, nullptr, false);
  json_members in{json, "timeline"};
  timeline made;
  if (in.string("schema", most_text_bytes) != timeline_schema)
    in.refuse("its schema is not {}", timeline_schema);
  read_part(in, "media", made.media, media_from_json);
  in.list("analyzers", made.analyzers, report_from_json);
  in.list("scenes", made.scenes, scene_from_json);
  in.list("events", made.events, event_from_json);
  read_part(in, "provenance", made.made, provenance_from_json);
  if (auto problem = in.finish())
    return tl::unexpected(std::move(*problem));
  return made;
}

} // namespace timeloom
