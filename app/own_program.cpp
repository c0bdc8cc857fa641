#include "app/own_program.hpp"

#include <filesystem>

namespace timeloom {

std::string own_program() {
  std::error_code none;
  return std::filesystem::read_symlink("/proc/self/exe", none).string();
}

std::string model_worker_program() {
  return (std::filesystem::path{own_program()}.parent_path() / "timeloom-model-worker").string();
}

} // namespace timeloom
