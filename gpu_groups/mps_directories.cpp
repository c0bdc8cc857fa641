#include "gpu_groups/mps_directories.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace timeloom {

namespace {

bool is_own_directory(const char* path) {
  struct stat found {};
  return ::stat(path, &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == ::geteuid();
}

std::filesystem::path run_directory() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && runtime[0] == '/' && is_own_directory(runtime))
    return std::filesystem::path{runtime} / "timeloom";
  return fmt::format("/tmp/timeloom-{}", ::geteuid());
}

expected<void> make_private(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(errc::io, "cannot make the directory {} for MPS: {}", path.string(), errno_text(errno));
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0)
    return fail(errc::io, "cannot look at the directory {} for MPS: {}", path.string(), errno_text(errno));
  if (!S_ISDIR(found.st_mode))
    return fail(errc::not_allowed, "{} is no directory; MPS is not used", path.string());
  if (found.st_uid != ::geteuid())
    return fail(errc::not_allowed, "{} belongs to user {}, not to this one ({}); MPS is not used", path.string(),
                found.st_uid, ::geteuid());
  if ((found.st_mode & 077) != 0)
    return fail(errc::not_allowed,
                "{} is open to other users (mode {:04o}); MPS is not used. Close it with: chmod 700 {}", path.string(),
                found.st_mode & 07777, path.string());
  return {};
}

} // namespace

expected<mps_directories> mps_directories_of(const std::string& device_uuid) {
  const auto may_stand = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  };
  if (!device_uuid.starts_with("GPU-") || !std::all_of(device_uuid.begin(), device_uuid.end(), may_stand))
    return fail(errc::invalid_argument, "\"{}\" is not the UUID of a GPU", device_uuid);
  const auto base = run_directory() / ("mps-" + device_uuid);
  // MPS makes sockets in it, such as "control_privileged", whose whole path the kernel limits.
  if (const auto longest = (base / "pipe" / "control_privileged").native().size();
      longest >= sizeof(sockaddr_un::sun_path))
    return fail(errc::invalid_argument,
                "{} is too long a path for the sockets of MPS; set XDG_RUNTIME_DIR to a shorter one", base.string());
  return mps_directories{base / "pipe", base / "log"};
}

expected<void> make_mps_directories(const mps_directories& directories) {
  const auto base = directories.pipe.parent_path();
  for (const auto& each : {base.parent_path(), base, directories.pipe, directories.log})
    if (auto made = make_private(each); !made)
      return made;
  return {};
}

} // namespace timeloom
