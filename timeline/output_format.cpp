#include "timeline/output_format.hpp"

#include "timeline/export_csv.hpp"
#include "timeline/export_html.hpp"
#include "timeline/export_json.hpp"
#include "timeline/export_vtt.hpp"

#include <algorithm>

namespace timeloom {

std::string_view to_string(output_format format) {
  return output_format_names.at(static_cast<std::size_t>(format));
}

std::optional<output_format> output_format_from_string(std::string_view name) {
  const auto* const found = std::ranges::find(output_format_names, name);
  if (found == output_format_names.end())
    return std::nullopt;
  return static_cast<output_format>(found - output_format_names.begin());
}

std::string export_as(output_format format, const timeline& made) {
  switch (format) {
  case output_format::json:
    return export_json(made);
  case output_format::vtt:
    return export_vtt(made);
  case output_format::csv:
    return export_csv(made);
  case output_format::html:
    return export_html(made);
  }
  return {};
}

} // namespace timeloom
