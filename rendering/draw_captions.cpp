#include "rendering/canvas.hpp"
#include "rendering/drawings.hpp"
#include "rendering/moment.hpp"

namespace timeloom {

namespace {

constexpr std::size_t line_bytes = 48, most_lines = 6;

/// Lines of whole words; what does not fit into the last one stands there still, to be shortened.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    auto end = text.size();
    if (end > line_bytes && lines.size() + 1 < most_lines)
      if (const auto space = text.rfind(' ', line_bytes); space != text.npos && space > 0)
        end = space;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

} // namespace

void draw_captions(canvas& on, const moment& now) {
  for (const auto& shown : now.events) {
    if (!shown.found->text || (shown.found->end && !shown.is_on(now.at.time)))
      continue;
    const auto lines = lines_of(*shown.found->text);
    for (auto line = lines.rbegin(); line != lines.rend(); ++line) // the corner fills from below
      on.note(corner::bottom_left, *line, inks::white);
  }
}

} // namespace timeloom
