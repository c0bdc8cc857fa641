/// Where the MPS server of a GPU has its pipes and its log: a place of its own for each GPU and user.
#pragma once

#include "core/error.hpp"

#include <filesystem>
#include <string>

namespace timeloom {

struct mps_directories {
  std::filesystem::path pipe;
  std::filesystem::path log;
};

/// "pipe" and "log" in $XDG_RUNTIME_DIR/timeloom/mps-UUID, or in /tmp/timeloom-UID/mps-UUID when that variable does not
/// name a directory of this user; scripts/mps_directories says the same. `errc::invalid_argument` for what is no UUID.
expected<mps_directories> mps_directories_of(const std::string& device_uuid);

/// Makes them with mode 0700 where they are missing. `errc::not_allowed` when one of them, or the "timeloom" directory
/// above, is somebody else's, open to others, or no directory; `errc::io` when it cannot be made.
expected<void> make_mps_directories(const mps_directories& directories);

} // namespace timeloom
