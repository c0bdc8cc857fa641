#include "app/library_versions.hpp"

#include "analyzers/catalog.hpp"
#include "app/sibling_program.hpp"
#include "gpu_groups/program_run.hpp"
#include "timeline/utf8.hpp"

#include <spdlog/spdlog.h>
#include <sstream>

namespace timeloom {

namespace {

constexpr auto patience = std::chrono::seconds{30};

void ask(std::string_view program, std::vector<std::string> words, library_versions& versions) {
  words.insert(words.begin(), "--versions");
  const auto told = run_program(sibling_program(program), words, {}, {}, patience);
  if (!told || told->status != 0)
    return spdlog::warn("{} does not tell which libraries it uses: {}", program,
                        one_line(told ? told->output : told.error().message));
  std::istringstream lines{told->output};
  for (std::string line; std::getline(lines, line);)
    if (const auto name = line.substr(0, line.find(' ')); name == "media" || find_analyzer(name) != nullptr)
      versions[name] = line.substr(std::min(name.size() + 1, line.size())); // else it is what a library had to say
}

} // namespace

library_versions find_library_versions(const std::vector<std::string>& languages) {
  library_versions versions;
  ask(media_worker_program, {}, versions);
  ask(analysis_worker_program, languages, versions);
  return versions;
}

} // namespace timeloom
