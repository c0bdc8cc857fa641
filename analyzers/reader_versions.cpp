#include "analyzers/reader_versions.hpp"

#include "analyzers/cascade_files.hpp"
#include "analyzers/text_overlay.hpp"
#include "analyzers/text_reader.hpp"
#include "core/file_version.hpp"

#include <fmt/format.h>
#include <opencv2/core.hpp>

namespace timeloom {

std::map<std::string, std::string> reader_versions(const std::vector<std::string>& languages) {
  const auto opencv = "opencv " + cv::getVersionString();
  std::map<std::string, std::string> versions{{"text_overlay", tesseract_version()},
                                              {"eye_tracking", opencv},
                                              {"object_detection", opencv},
                                              {"background_segmentation", opencv}};
  for (const auto& language : languages)
    versions["text_overlay"] += fmt::format(", {} {}", language, file_version(language_file(language)));
  for (const auto name : used_cascades())
    versions["eye_tracking"] +=
        fmt::format(", {} {}", name.substr(name.find('/') + 1), file_version(cascade_file(name).value_or("")));
  return versions;
}

} // namespace timeloom
