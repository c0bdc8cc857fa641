#include "app/result_files.hpp"

#include "app/pending_file.hpp"
#include "timeline/export_csv.hpp"
#include "timeline/export_html.hpp"
#include "timeline/export_json.hpp"
#include "timeline/export_vtt.hpp"

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

/// FNV-1a, 32 bits: only to tell names apart.
std::string short_hash(const std::string& text) {
  std::uint32_t hash = 2166136261U;
  for (const unsigned char c : text)
    hash = (hash ^ c) * 16777619U;
  return fmt::format("{:08x}", hash);
}

std::string contents(const timeline& made, output_format format) {
  switch (format) {
  case output_format::json:
    return export_json(made);
  case output_format::vtt:
    return export_vtt(made);
  case output_format::csv:
    return export_csv(made);
  case output_format::html:
    return export_html(made);
  }
  return {};
}

expected<void> write_all(const pending_file& file, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto count = ::write(file.fd(), text.data() + at, text.size() - at);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return fail(errc::io, "cannot write {}: {}", file.path(), errno_text(errno));
    at += static_cast<std::size_t>(count);
  }
  return {};
}

/// At most so long that the endings of results fit a file name's 255 bytes; what was cut off is told by the hash.
std::string shortened(const std::string& stem) {
  constexpr std::size_t longest = 200;
  if (stem.size() <= longest)
    return stem;
  auto end = longest - 9;
  while (end > 0 && (static_cast<unsigned char>(stem[end]) & 0xC0) == 0x80) // not within a character
    --end;
  return stem.substr(0, end) + "-" + short_hash(stem);
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
  std::transform(stems.begin(), stems.end(), stems.begin(), shortened);
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
  if (auto written = write_all(*file, contents(made, format)); !written)
    return written;
  return file->keep(overwrite);
}

} // namespace timeloom
