#include "model_cache/checkpoint_folder.hpp"

#include "model_cache/plain_file.hpp"

#include <filesystem>

namespace timeloom {

namespace fs = std::filesystem;

expected<void> check_checkpoint_folder(const std::string& path) {
  std::error_code problem;
  if (!fs::is_directory(path, problem))
    return fail(errc::not_found, "model folder not found: {}", path);
  for (const auto* name : {"config.json", "tokenizer.json"})
    if (auto there = check_plain_file(path + "/" + name, "model file"); !there)
      return there;
  if (check_plain_file(path + "/model.safetensors", "model file"))
    return {};
  if (fs::exists(path + "/model.safetensors.index.json", problem))
    return check_plain_file(path + "/model.safetensors.index.json", "model file");
  return fail(errc::not_found, "{} has neither model.safetensors nor model.safetensors.index.json", path);
}

std::int64_t checkpoint_bytes(const std::string& path) {
  std::int64_t bytes = 0;
  std::error_code problem;
  for (fs::directory_iterator at{path, problem}, end; !problem && at != end; at.increment(problem))
    if (at->path().extension() == ".safetensors")
      bytes += plain_file_bytes(at->path());
  return bytes;
}

} // namespace timeloom
