#include "timeline/stamp.hpp"

#include <array>
#include <ctime>
#include <unistd.h>

namespace timeloom {

void stamp(provenance& made, std::string program) {
  const auto now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  std::array<char, 256> name{};
  made.program = std::move(program);
  made.created = text.data();
  made.host = ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

} // namespace timeloom
