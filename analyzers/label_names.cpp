#include "analyzers/label_names.hpp"

#include "timeline/event_json.hpp"
#include "timeline/utf8.hpp"

namespace timeloom {

std::vector<std::string> label_names(std::vector<std::string> names) {
  for (auto& name : names) {
    name = one_line(name);
    if (name.size() <= event_limits::label_bytes)
      continue;
    auto end = event_limits::label_bytes;
    while ((static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) // inside a character
      --end;
    name.resize(end);
  }
  return names;
}

} // namespace timeloom
