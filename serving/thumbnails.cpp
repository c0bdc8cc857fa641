#include "serving/thumbnails.hpp"

#include <filesystem>
#include <fstream>

namespace timeloom {

namespace fs = std::filesystem;

namespace {

fs::path folder_of(const std::string& state_dir, job_id id) {
  return fs::path{state_dir} / "thumbnails" / fmt::format("{}", id / 1000) / fmt::format("{}", id);
}

} // namespace

std::string thumbnail_path(const std::string& state_dir, job_id id, std::int64_t number) {
  return (folder_of(state_dir, id) / fmt::format("{}.jpg", number)).string();
}

expected<void> write_thumbnails(const timeline& made, const std::string& state_dir, job_id id) {
  const auto folder = folder_of(state_dir, id);
  std::error_code problem;
  fs::remove_all(folder, problem);
  fs::create_directories(folder, problem);
  for (const auto& scene : made.scenes) {
    if (scene.thumbnail_jpeg.empty())
      continue;
    std::ofstream file{thumbnail_path(state_dir, id, scene.number), std::ios::binary};
    file << scene.thumbnail_jpeg;
    if (!file.flush())
      return fail(errc::io, "cannot write the pictures of scenes to {}", folder.string());
  }
  return {};
}

expected<void> share_thumbnails(const std::string& state_dir, job_id from, job_id to) {
  const auto source = folder_of(state_dir, from), folder = folder_of(state_dir, to);
  std::error_code problem;
  fs::remove_all(folder, problem);
  fs::create_directories(folder.parent_path(), problem);
  fs::copy(source, folder, fs::copy_options::recursive | fs::copy_options::create_hard_links, problem);
  if (problem)
    fs::copy(source, folder, fs::copy_options::recursive | fs::copy_options::overwrite_existing, problem);
  if (problem)
    return fail(errc::io, "cannot copy the pictures of scenes from {} to {}: {}", source.string(), folder.string(),
                problem.message());
  return {};
}

expected<void> remove_thumbnails(const std::string& state_dir, job_id id) {
  const auto folder = folder_of(state_dir, id);
  std::error_code problem, not_empty;
  fs::remove_all(folder, problem);
  if (problem)
    return fail(errc::io, "cannot remove the pictures of scenes in {}: {}", folder.string(), problem.message());
  fs::remove(folder.parent_path(), not_empty);
  return {};
}

} // namespace timeloom
