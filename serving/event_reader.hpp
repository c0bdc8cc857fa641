/// Reads server-sent events (the format of the HTML standard, section 9.2) from text that comes in pieces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace timeloom {

/// One server-sent event.
struct server_event {
  std::string kind; ///< "state", "progress", ...
  std::string data;

  bool operator==(const server_event&) const = default;
};

class event_reader {
public:
  /// The events that `piece` completes. Comments and other fields are left out.
  std::vector<server_event> read(std::string_view piece);

private:
  std::string line_;
  server_event event_;
};

} // namespace timeloom
