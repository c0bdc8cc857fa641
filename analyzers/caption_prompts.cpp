#include "analyzers/caption_prompts.hpp"

#include "core/last_part.hpp"

#include <algorithm>
#include <fnmatch.h>

namespace timeloom {

const std::string& prompt_for(const std::string& path, std::span<const caption_prompt> prompts,
                              const std::string& otherwise) {
  const std::string name{last_part(path)};
  const auto found = std::ranges::find_if(prompts, [&](const auto& one) {
    const auto& matched = one.match.find('/') != std::string::npos ? path : name;
    return ::fnmatch(one.match.c_str(), matched.c_str(), FNM_CASEFOLD) == 0;
  });
  return found == prompts.end() ? otherwise : found->prompt;
}

} // namespace timeloom
