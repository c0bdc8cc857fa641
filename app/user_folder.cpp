#include "app/user_folder.hpp"

#include <cstdlib>
#include <filesystem>

namespace timeloom {

std::string user_folder(const char* variable, const char* otherwise) {
  namespace fs = std::filesystem;
  const char* named = std::getenv(variable);
  const char* home = std::getenv("HOME");
  const auto folder =
      named != nullptr && *named != 0 ? fs::path{named} : fs::path{home != nullptr ? home : ""} / otherwise;
  return (folder / "timeloom").string();
}

} // namespace timeloom
