#include "app/sibling_program.hpp"

#include <filesystem>

namespace timeloom {

std::string sibling_program(std::string_view name) {
  std::error_code none;
  return (std::filesystem::read_symlink("/proc/self/exe", none).parent_path() / name).string();
}

} // namespace timeloom
