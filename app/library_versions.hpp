/// Which libraries the workers use: this program does not load them, so the workers' programs are asked.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace timeloom {

/// A text that changes with what the finds depend on: of an analyzer that runs without a model, by its id; of all of
/// them, under "media".
using library_versions = std::map<std::string, std::string>;

/// Starts the programs of the media and the analysis workers, which takes about a tenth of a second; `languages` are
/// those of text_overlay. What a program does not tell is left out, with a warning in the log. Any thread; blocks.
library_versions find_library_versions(const std::vector<std::string>& languages);

} // namespace timeloom
