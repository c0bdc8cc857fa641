/// Where programs keep what is the user's (the XDG base directories). Any thread, while nobody changes the environment.
#pragma once

#include <string>

namespace timeloom {

/// timeloom in the folder that the environment names, or in `otherwise` of the home folder: user_folder(
/// "XDG_CONFIG_HOME", ".config") is ~/.config/timeloom.
std::string user_folder(const char* variable, const char* otherwise);

} // namespace timeloom
