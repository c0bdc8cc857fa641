#include "serving/upload.hpp"

#include "serving/access.hpp"

#include <algorithm>
#include <cerrno>
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

bool sync_folder(const fs::path& folder) {
  const unique_fd entries{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  return entries && ::fsync(entries.get()) == 0;
}

/// At most `limit` bytes, no UTF-8 sequence cut.
void shorten(std::string& text, std::size_t limit) {
  if (text.size() <= limit)
    return;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U)
    --limit;
  text.resize(limit);
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
  shorten(name, longest_name - extension.size());
  return name + extension;
}

expected<upload> upload::begin(const std::string& folder, std::int64_t bytes) {
  const auto own = folder + "/" + random_hex(16);
  if (::mkdir(own.c_str(), 0700) != 0)
    return fail(code_of(errno), "cannot make a folder for an upload in {}: {}", folder, errno_text(errno));
  const auto path = fmt::format("{}/{}", own, unfinished);
  upload made{own, unique_fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)}};
  if (!made.file_)
    return fail(code_of(errno), "cannot write an upload to {}: {}", folder, errno_text(errno));
  // A full disk is found now instead of after an hour. Not every file system can; then it is found later.
  if (bytes > 0 && ::fallocate(made.file_.get(), 0, 0, bytes) != 0 && code_of(errno) == errc::exhausted)
    return fail(errc::exhausted, "{} has no room for an upload of {} bytes", folder, bytes);
  return made;
}

upload::~upload() {
  std::error_code ignored;
  if (!folder_.empty())
    fs::remove_all(folder_, ignored);
}

expected<void> upload::write(std::span<const char> bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return fail(code_of(errno), "cannot write an upload to {}: {}", folder_, errno_text(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

expected<std::string> upload::finish(const std::string& name) {
  const auto from = fmt::format("{}/{}", folder_, unfinished), to = folder_ + "/" + name;
  if (::fsync(file_.get()) != 0 || ::rename(from.c_str(), to.c_str()) != 0 || !sync_folder(folder_) ||
      !sync_folder(fs::path{folder_}.parent_path()))
    return fail(code_of(errno), "cannot keep the upload {}: {}", to, errno_text(errno));
  return to;
}

void remove_broken_uploads(const std::string& folder) {
  std::error_code ignored;
  for (fs::directory_iterator entry{folder, ignored}, end; !ignored && entry != end; entry.increment(ignored))
    if (std::error_code unknown; fs::is_regular_file(fs::symlink_status(entry->path() / unfinished, unknown)))
      fs::remove_all(entry->path(), unknown);
}

} // namespace timeloom
