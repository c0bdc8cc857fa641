#include "media/media_memory.hpp"

#include "core/unique_fd.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace timeloom {

void limit_media_memory() {
#ifndef __SANITIZE_ADDRESS__ // whose shadow memory counts
  const auto host = static_cast<rlim_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
  rlimit limit{};
  if (::getrlimit(RLIMIT_DATA, &limit) == 0) {
    limit.rlim_cur = std::min({limit.rlim_cur, limit.rlim_max, std::max(rlim_t{4} << 30, host / 2)});
    ::setrlimit(RLIMIT_DATA, &limit);
  }
#endif
  // Not possible everywhere, and not needed anywhere.
  const unique_fd choice{::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)};
  [[maybe_unused]] const auto written = ::write(choice.get(), "500", 3);
}

} // namespace timeloom
