#include "timeline/export_csv.hpp"

#include "timeline/export_json.hpp"
#include "timeline/json_text.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

namespace timeloom {

using nlohmann::ordered_json;

namespace {

void add_quoted(std::string& row, std::string_view text) {
  row += '"';
  for (const char c : text) {
    if (c == '"')
      row += '"';
    row += c;
  }
  row += '"';
}

bool looks_like_formula(std::string_view text) {
  // The last four are the full-width forms, which some spreadsheets take for the ASCII ones.
  constexpr std::array<std::string_view, 11> starts = {
      "=", "+", "-", "@", "\t", "\r", "\n", "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0"};
  return std::any_of(starts.begin(), starts.end(), [&](std::string_view s) { return text.starts_with(s); });
}

void add_text(std::string& row, const std::string& text) {
  const std::string safe = looks_like_formula(text) ? "'" + text : text;
  if (safe.find_first_of("\",\r\n") == safe.npos && !safe.starts_with(' ') && !safe.ends_with(' '))
    row += safe;
  else
    add_quoted(row, safe);
}

/// Adds a comma and the member's value, when there is one.
void add(std::string& row, const ordered_json& object, const char* name) {
  row += ',';
  const auto member = object.find(name);
  if (member == object.end())
    return;
  if (member->is_string())
    add_text(row, member->get_ref<const std::string&>());
  else if (member->is_structured())
    add_quoted(row, json_text(*member, 0));
  else
    row += json_text(*member, 0);
}

} // namespace

std::string export_csv(const timeline& found) {
  std::string table =
      "analyzer,kind,start_frame,end_frame,start_s,end_s,label,score,x,y,width,height,text,track,attributes\r\n";
  const ordered_json document = timeline_document(found);
  const ordered_json no_box = ordered_json::object();
  for (const ordered_json& e : document["events"]) {
    add_text(table, e["analyzer"].get_ref<const std::string&>());
    add(table, e, "kind");
    add(table, e, e.contains("frame") ? "frame" : "start_frame");
    for (const char* name : {"end_frame", "start_s", "end_s", "label", "score"})
      add(table, e, name);
    const ordered_json& area = e.contains("box") ? e["box"] : no_box;
    for (const char* name : {"x", "y", "width", "height"})
      add(table, area, name);
    for (const char* name : {"text", "track", "attributes"})
      add(table, e, name);
    table += "\r\n";
  }
  return table;
}

} // namespace timeloom
