#include "analyzers/reader_versions.hpp"

#include "analyzers/cascade_files.hpp"
#include "analyzers/text_overlay.hpp"
#include "analyzers/text_reader.hpp"

#include <fmt/format.h>
#include <opencv2/core.hpp>
#include <sys/stat.h>

namespace timeloom {

namespace {

std::string version_of(std::string_view name, const std::string& path) {
  struct stat status {};
  if (path.empty() || ::stat(path.c_str(), &status) != 0)
    return fmt::format(", no {}", name);
  return fmt::format(", {} {} {}", name, status.st_size, status.st_mtime);
}

} // namespace

std::map<std::string, std::string> reader_versions(const std::vector<std::string>& languages) {
  const auto opencv = "opencv " + cv::getVersionString();
  std::map<std::string, std::string> versions{{"text_overlay", tesseract_version()},
                                              {"eye_tracking", opencv},
                                              {"object_detection", opencv},
                                              {"background_segmentation", opencv}};
  for (const auto& language : languages)
    versions["text_overlay"] += version_of(language, language_file(language));
  for (const auto name : used_cascades())
    versions["eye_tracking"] += version_of(name.substr(name.find('/') + 1), cascade_file(name).value_or(""));
  return versions;
}

} // namespace timeloom
