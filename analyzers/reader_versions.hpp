/// What the finds of the analyzers that run without a model depend on, besides timeloom: libraries and their files.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace timeloom {

/// A line for each such analyzer, by its id, that changes when its library does, or a file that this reads: the models
/// of these languages, of Tesseract, and the cascades of OpenCV, by size and time.
std::map<std::string, std::string> reader_versions(const std::vector<std::string>& languages);

} // namespace timeloom
