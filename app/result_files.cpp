#include "app/result_files.hpp"

#include "core/durable_file.hpp"
#include "core/short_name.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <sys/stat.h>

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

/// Gives `from` the name `to`, which must be free: at once where the file system can, else by looking first.
bool rename_to_free_name(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
    return true;
  if (errno != EINVAL && errno != ENOSYS)
    return false;
  if (::access(to.c_str(), F_OK) == 0) {
    errno = EEXIST;
    return false;
  }
  return ::rename(from.c_str(), to.c_str()) == 0;
}

/// A new file in `folder`, under a name that no result has.
expected<void> create(temporary_file& file, const fs::path& folder) {
  std::random_device random;
  for (int attempt = 0; attempt < 16; ++attempt) {
    file.path = (folder / fmt::format(".timeloom-{:08x}.tmp", random())).string();
    file.fd.reset(::open(file.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (file.fd)
      return {};
    if (errno != EEXIST)
      break;
  }
  return fail(errc::io, "cannot create {}: {}", file.path, errno_text(errno));
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
  const auto text = export_as(format, made);
  const auto folder = fs::path{path}.has_parent_path() ? fs::path{path}.parent_path() : fs::path{"."};
  temporary_file file;
  if (auto created = create(file, folder); !created)
    return created;
  if (auto written = write_durably(file.fd, text, path); !written)
    return written;
  if (overwrite ? ::rename(file.path.c_str(), path.c_str()) != 0 : !rename_to_free_name(file.path, path))
    return fail(errc::io, "cannot write {}: {}", path, errno_text(errno));
  file.keep = true;
  return sync_folder(folder);
}

} // namespace timeloom
