#include "serving/upload.hpp"

#include "core/bytes_text.hpp"
#include "core/durable_file.hpp"
#include "core/short_name.hpp"
#include "serving/access.hpp"
#include "serving/free_disk.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>

namespace timeloom {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_name = 200, longest_extension = 16;
constexpr std::string_view unfinished = ".incoming"; // no upload gets this name, because of the dot

errc code_of(int number) {
  return number == ENOSPC || number == EDQUOT ? errc::exhausted : errc::io;
}

bool is_synced(const fs::path& folder) {
  const unique_fd entries{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  return entries && ::fsync(entries.get()) == 0;
}

/// `own` is the folder of one upload.
expected<bool> is_unneeded(const fs::path& own, journal_view& jobs, wall_time started, wall_time over_before) {
  std::error_code problem;
  bool has_job = false;
  for (fs::directory_iterator entry{own, problem}, end; !problem && entry != end; entry.increment(problem)) {
    const auto of_it = jobs.jobs_of(entry->path().string());
    if (!of_it)
      return tl::unexpected{of_it.error()};
    has_job |= !of_it->empty();
    if (std::ranges::any_of(*of_it,
                            [&](const auto& job) { return !is_final(job.state) || job.changed >= over_before; }))
      return false;
  }
  struct stat about {};
  const bool came_before =
      ::lstat(own.c_str(), &about) == 0 && S_ISDIR(about.st_mode) &&
      std::chrono::seconds{about.st_mtim.tv_sec} < std::chrono::floor<std::chrono::seconds>(started.time_since_epoch());
  return !problem && (has_job || came_before);
}

} // namespace

std::string upload_name(std::string_view wanted) {
  wanted.remove_prefix(wanted.find_last_of("/\\") + 1); // npos + 1 is 0
  std::string name{wanted};
  std::erase_if(name, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  name.erase(0, std::min(name.find_first_not_of(". "), name.size()));
  const auto dot = name.rfind('.');
  const auto extension =
      dot != std::string::npos && name.size() - dot <= longest_extension ? name.substr(dot) : std::string{};
  name.resize(name.size() - extension.size());
  return std::string{first_bytes(name, longest_name - extension.size())} + extension;
}

expected<upload> upload::begin(const std::string& folder, std::int64_t bytes, std::int64_t least_free_bytes) {
  const auto free = free_disk_bytes(folder);
  if (free - bytes < least_free_bytes)
    return fail(errc::exhausted, "{} has {} free; an upload of {} must leave {}", folder,
                bytes_text(free, rounding::down), bytes_text(bytes, rounding::up),
                bytes_text(least_free_bytes, rounding::up));
  const auto own = folder + "/" + random_hex(16);
  if (::mkdir(own.c_str(), 0700) != 0)
    return fail(code_of(errno), "cannot make a folder for an upload in {}: {}", folder, errno_text(errno));
  const auto path = fmt::format("{}/{}", own, unfinished);
  upload made{own, unique_fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)}};
  if (!made.file_)
    return fail(code_of(errno), "cannot write an upload to {}: {}", folder, errno_text(errno));
  // A full disk is found now instead of after an hour. Not every file system can; then it is found later.
  if (bytes > 0 && ::fallocate(made.file_.get(), FALLOC_FL_KEEP_SIZE, 0, bytes) != 0 &&
      code_of(errno) == errc::exhausted)
    return fail(errc::exhausted, "{} has no room for an upload of {} bytes", folder, bytes);
  return made;
}

upload::~upload() {
  std::error_code ignored;
  if (!folder_.empty())
    fs::remove_all(folder_, ignored);
}

expected<void> upload::write(std::span<const char> bytes) {
  if (!write_bytes(file_.get(), {bytes.data(), bytes.size()}))
    return fail(code_of(errno), "cannot write an upload to {}: {}", folder_, errno_text(errno));
  return {};
}

expected<std::string> upload::finish(const std::string& name) {
  const auto from = fmt::format("{}/{}", folder_, unfinished), to = folder_ + "/" + name;
  if (::fsync(file_.get()) != 0 || ::rename(from.c_str(), to.c_str()) != 0 || !is_synced(folder_) ||
      !is_synced(fs::path{folder_}.parent_path()))
    return fail(code_of(errno), "cannot keep the upload {}: {}", to, errno_text(errno));
  return to;
}

expected<void> sweep_uploads(const std::string& folder, journal_view& jobs, wall_time started, wall_time over_before) {
  std::error_code problem;
  for (fs::directory_iterator entry{folder, problem}, end; !problem && entry != end; entry.increment(problem)) {
    const auto unneeded = is_unneeded(entry->path(), jobs, started, over_before);
    if (!unneeded)
      return tl::unexpected{unneeded.error()};
    if (std::error_code unknown; *unneeded)
      fs::remove_all(entry->path(), unknown);
  }
  if (problem && problem != std::errc::no_such_file_or_directory)
    return fail(errc::io, "cannot look through the uploads in {}: {}", folder, problem.message());
  return {};
}

} // namespace timeloom
