#include "serving/daemon_setup.hpp"

#include "core/last_part.hpp"
#include "core/sha256.hpp"
#include "core/short_name.hpp"
#include "serving/folder_walk.hpp"
#include "serving/free_disk.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/ranges.h>
#include <fstream>
#include <limits>

namespace timeloom {

namespace {

namespace fs = std::filesystem;

/// MemAvailable of /proc/meminfo.
std::int64_t free_memory_bytes() {
  std::ifstream lines{"/proc/meminfo"};
  for (std::string word; lines >> word;)
    if (std::int64_t kib = 0; word == "MemAvailable:" && lines >> kib)
      return kib * 1024;
  return std::numeric_limits<std::int64_t>::max();
}

} // namespace

std::vector<std::string> analyzers_of(const daemon_setup& setup, const job_entry& job) {
  return job.analyzers.empty() ? setup.request.analyzers : job.analyzers;
}

analyzer_options options_of(const daemon_setup& setup, const std::string& path) {
  auto options = setup.request.options;
  options.scene_caption.prompt = prompt_for(path, setup.caption_prompts, options.scene_caption.prompt);
  return options;
}

std::string analyzer_key(const daemon_setup& setup, const std::string& analyzer, const std::string& path,
                         const std::string& content_sha256) {
  const auto text = setup.analyzer_keys.find(analyzer);
  auto key = fmt::format("{}\n{}\n{}", content_sha256, analyzer, text != setup.analyzer_keys.end() ? text->second : "");
  if (analyzer == "scene_caption")
    key += options_of(setup, path).scene_caption.prompt;
  return sha256_of(key);
}

std::string result_key(const daemon_setup& setup, const job_entry& job, const std::string& content_sha256) {
  sha256 sum;
  for (const auto& id : analyzers_of(setup, job))
    sum.add(analyzer_key(setup, id, job.path, content_sha256));
  return sum.hex();
}

std::string watched_folder_of(const daemon_setup& setup, const std::string& path) {
  std::string longest;
  for (const auto& folder : setup.watched)
    if (lies_in(path, folder) && folder.size() > longest.size())
      longest = folder;
  return longest;
}

std::string wanted_result(const daemon_setup& setup, const job_entry& job) {
  const auto folder = watched_folder_of(setup, job.path);
  auto place = fs::path{setup.output_dir};
  if (!folder.empty())
    place /= fs::path{job.path}.lexically_relative(folder).parent_path();
  std::string name{last_part(job.path)};
  if (!job.analyzers.empty())
    name += fmt::format(".{}", fmt::join(job.analyzers, "+"));
  return (place / shortened(name)).lexically_normal().string();
}

expected<input_file> open_admitted(const daemon_setup& setup, const std::string& path) {
  auto roots = setup.roots;
  roots.insert(roots.end(), setup.watched.begin(), setup.watched.end());
  if (const auto own = watched_folder_of(setup, path); !own.empty())
    roots = {own};
  expected<input_file> opened =
      fail(errc::not_allowed,
           "{} may not be analyzed by the daemon: it lies in none of the folders of watch.folders "
           "and http.roots",
           path);
  for (const auto& root : roots) {
    auto input = open_input(path, root);
    if (input)
      return input;
    // A root that is not there, such as a disk that is not mounted, says nothing of this video, nor does one that it
    // does not lie in.
    if (input.error().code != errc::invalid_config && (input.error().code != errc::not_allowed || lies_in(path, root)))
      opened = tl::unexpected{input.error()};
  }
  return opened;
}

host_room measure_room(const daemon_setup& setup, int running) {
  return {.running = running,
          .free_bytes = std::min(free_disk_bytes(setup.output_dir), free_disk_bytes(setup.state_dir)),
          .free_memory_bytes = free_memory_bytes()};
}

} // namespace timeloom
