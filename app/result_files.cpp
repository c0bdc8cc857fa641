#include "app/result_files.hpp"

#include "core/unique_fd.hpp"
#include "timeline/export_csv.hpp"
#include "timeline/export_html.hpp"
#include "timeline/export_json.hpp"
#include "timeline/export_vtt.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <map>
#include <sys/stat.h>

namespace timeloom {

namespace {

namespace fs = std::filesystem;

std::string file_name(const std::string& path) {
  auto name = fs::path{path}.lexically_normal();
  if (!name.has_filename()) // "folder/"
    name = name.parent_path();
  if (const auto last = name.filename().string(); last != "." && last != ".." && !last.empty())
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

/// A file that is removed unless it was kept.
struct temporary_file {
  std::string path;
  unique_fd fd;
  bool keep = false;
  ~temporary_file() {
    if (fd && !keep)
      ::unlink(path.c_str());
  }
};

expected<void> write_all(const unique_fd& fd, const std::string& text, const std::string& path) {
  for (std::size_t at = 0; at < text.size();) {
    const auto count = ::write(fd.get(), text.data() + at, text.size() - at);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return fail(errc::io, "cannot write {}: {}", path, errno_text(errno));
    at += static_cast<std::size_t>(count);
  }
  if (::fsync(fd.get()) != 0)
    return fail(errc::io, "cannot write {} to disk: {}", path, errno_text(errno));
  return {};
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
  return stems;
}

std::string result_path(const std::string& dir, const std::string& stem, output_format format) {
  return (fs::path{dir} / fmt::format("{}.timeline.{}", stem, to_string(format))).string();
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
  const auto text = contents(made, format);
  temporary_file file;
  file.path = fmt::format("{}.{}.tmp", path, ::getpid());
  file.fd.reset(::open(file.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (!file.fd)
    return fail(errc::io, "cannot create {}: {}", file.path, errno_text(errno));
  if (auto written = write_all(file.fd, text, file.path); !written)
    return written;
  // Without `overwrite` a link refuses an existing name, which a rename would replace.
  if (overwrite ? ::rename(file.path.c_str(), path.c_str()) != 0 : ::link(file.path.c_str(), path.c_str()) != 0)
    return fail(errc::io, "cannot write {}: {}", path, errno_text(errno));
  file.keep = overwrite;
  const unique_fd folder{::open(fs::path{path}.parent_path().empty() ? "." : fs::path{path}.parent_path().c_str(),
                                O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder)
    ::fsync(folder.get());
  return {};
}

} // namespace timeloom
