/// What is asked about videos of certain names, instead of `scene_caption_options::prompt`. Plain functions.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace timeloom {

struct caption_prompt {
  std::string match; ///< names, such as "*lecture*" (fnmatch, any case); with a '/' whole paths, such as "*/talks/*"
  std::string prompt;

  bool operator==(const caption_prompt&) const = default;
};

/// The prompt of the first that matches the video or folder of images at `path`, which is absolute; `otherwise` when
/// none does.
const std::string& prompt_for(const std::string& path, std::span<const caption_prompt> prompts,
                              const std::string& otherwise);

} // namespace timeloom
