#include "models/mapped_file.hpp"

#include "core/unique_fd.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace timeloom {

expected<mapped_file> mapped_file::open(const std::string& path) {
  const unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file && errno == ENOENT)
    return fail(errc::not_found, "file not found: {}", path);
  if (!file)
    return fail(errc::io, "cannot open {}: {}", path, errno_text(errno));
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0)
    return fail(errc::io, "cannot look at {}: {}", path, errno_text(errno));
  if (!S_ISREG(facts.st_mode))
    return fail(errc::unsupported, "{} is no regular file", path);
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (size == 0) // which cannot be mapped
    return mapped_file{{}};
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (mapped == MAP_FAILED)
    return fail(errc::io, "cannot map the {} bytes of {} into memory: {}", size, path, errno_text(errno));
  return mapped_file{{static_cast<const std::byte*>(mapped), size}};
}

mapped_file::~mapped_file() {
  if (!bytes_.empty())
    ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

} // namespace timeloom
