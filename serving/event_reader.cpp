#include "serving/event_reader.hpp"

#include <utility>

namespace timeloom {

std::vector<server_event> event_reader::read(std::string_view piece) {
  std::vector<server_event> whole;
  for (const char c : piece) {
    if (c != '\n') {
      line_ += c;
      continue;
    }
    const auto line = std::exchange(line_, {});
    const auto colon = line.find(':');
    const auto field = line.substr(0, colon);
    auto value = colon == std::string::npos ? std::string{} : line.substr(colon + 1);
    if (value.starts_with(' '))
      value.erase(0, 1);
    if (line.empty()) {
      if (!event_.kind.empty() || !event_.data.empty())
        whole.push_back(std::exchange(event_, {}));
    } else if (field == "event") {
      event_.kind = value;
    } else if (field == "data") {
      event_.data += (event_.data.empty() ? "" : "\n") + value;
    }
  }
  return whole;
}

} // namespace timeloom
