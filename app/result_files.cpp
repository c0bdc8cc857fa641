#include "app/result_files.hpp"

#include "app/pending_file.hpp"
#include "core/durable_file.hpp"
#include "core/short_name.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <map>
#include <unistd.h>

namespace timeloom {

namespace {

namespace fs = std::filesystem;

std::string file_name(const std::string& path) {
  auto name = fs::path{path}.lexically_normal();
  if (!name.has_filename()) // "folder/"
    name = name.parent_path();
  if (auto last = name.filename().string(); last != "." && last != ".." && !last.empty())
    return last;
  std::error_code ignored;
  const auto real = fs::canonical(path, ignored).filename().string();
  return real.empty() ? "root" : real;
}

} // namespace

std::vector<std::string> result_stems(const std::vector<std::string>& paths) {
  std::vector<std::string> stems;
  std::vector<std::function<std::string(const std::string&)>> forms{
      [](const std::string& path) {
        std::error_code ignored;
        return fs::is_directory(path, ignored) ? file_name(path) : fs::path{file_name(path)}.stem().string();
      },
      file_name,
      [](const std::string& path) { return file_name(path) + "-" + short_hash(path); },
  };
  for (const auto& path : paths)
    stems.push_back(forms[0](path));
  for (std::size_t form = 1; form < forms.size(); ++form) {
    std::map<std::string, int> uses;
    for (const auto& stem : stems)
      ++uses[stem];
    for (std::size_t i = 0; i < paths.size(); ++i)
      if (uses[stems[i]] > 1)
        stems[i] = forms[form](paths[i]);
  }
  for (auto& stem : stems)
    stem = shortened(stem);
  return stems;
}

std::string result_path(const std::string& dir, const std::string& stem, output_format format) {
  return (fs::path{dir} / fmt::format("{}.timeline.{}", stem, to_string(format))).string();
}

render_paths render_paths_of(const std::string& dir, const std::string& stem) {
  return {(fs::path{dir} / (stem + ".annotated.mp4")).string(), (fs::path{dir} / (stem + ".scenes.png")).string()};
}

expected<void> prepare_output_folder(const std::string& dir) {
  std::error_code problem;
  fs::create_directories(dir, problem);
  if (problem)
    return fail(errc::io, "cannot create the output folder {}: {}", dir, problem.message());
  if (::access(dir.c_str(), W_OK | X_OK) != 0)
    return fail(errc::io, "cannot write to the output folder {}: {}", dir, errno_text(errno));
  return {};
}

expected<void> write_result(const timeline& made, const std::string& path, output_format format, bool overwrite) {
  auto file = pending_file::create(path);
  if (!file)
    return tl::unexpected{file.error()};
  if (auto written = write_all(file->fd(), export_as(format, made), path); !written)
    return written;
  return file->keep(overwrite);
}

} // namespace timeloom
