#include "app/configuration.hpp"

#include "analyzers/catalog.hpp"
#include "app/option_table.hpp"
#include "app/readable_groups.hpp"
#include "core/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

namespace timeloom {

namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 20;

expected<std::string> read_file(const std::string& path) {
  // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
  unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (!file)
    return fail(errno == ENOENT || errno == ENOTDIR ? errc::not_found : errc::io,
                "cannot open the configuration file {}: {}", path, errno_text(errno));
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0)
    return fail(errc::io, "cannot read the configuration file {}: {}", path, errno_text(errno));
  if (S_ISDIR(status.st_mode))
    return fail(errc::io, "the configuration file {} is a folder", path);
  if (!S_ISREG(status.st_mode))
    return fail(errc::io, "the configuration file {} is not a regular file", path);

  std::string text(most_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return fail(errc::io, "cannot read the configuration file {}: {}", path, errno_text(errno));
    if (got == 0)
      break;
    size += static_cast<std::size_t>(got);
  }
  if (size > most_bytes)
    return fail(errc::invalid_config, "the configuration file {} is larger than 1 MiB", path);
  text.resize(size);
  return text;
}

/// Where the group that starts at `from` ends, after its dot; `from` when only the option's own name is left.
std::size_t group_end(std::string_view path, std::size_t from) {
  std::size_t dot = path.find('.', from);
  return dot == std::string_view::npos ? from : dot + 1;
}

enum class explanations : std::uint8_t { without, with };

std::string print(const configuration& from, explanations style) {
  std::string out;
  std::string_view before; // groups of the option before, such as "analyzers.text_overlay."
  for (const option& each : option_table()) {
    std::size_t depth = 0;
    std::size_t start = 0;
    bool same = true;
    for (std::size_t end = group_end(each.path, 0); end != start; end = group_end(each.path, start)) {
      same = same && before.substr(0, end) == each.path.substr(0, end);
      std::string_view name = each.path.substr(start, end - start - 1);
      if (!same)
        out += fmt::format("{}{:{}}{}:\n", depth == 0 && !out.empty() && style == explanations::with ? "\n" : "", "",
                           2 * depth, name);
      ++depth;
      start = end;
    }
    before = each.path.substr(0, start);
    if (style == explanations::with && depth == 0 && !out.empty())
      out += '\n';
    if (style == explanations::with)
      out += fmt::format("{:{}}# {}: {}.\n", "", 2 * depth, each.help, expectation(each));
    out += fmt::format("{:{}}{}: {}\n", "", 2 * depth, each.path.substr(start), value_as_yaml(each, from));
  }
  return out;
}

} // namespace

bool analyzers_options::runs(std::string_view id) const {
  return !enabled || std::ranges::find(*enabled, id) != enabled->end();
}

std::vector<std::string> analyzers_options::chosen() const {
  auto ids = all_analyzer_ids();
  std::erase_if(ids, [this](const auto& id) { return !runs(id); });
  return ids;
}

analyzer_options analyzers_options::of_video(const std::string& path) const {
  analyzer_options made = *this;
  made.scene_caption.prompt = prompt_for(path, caption_prompts, scene_caption.prompt);
  return made;
}

expected<configuration> load_configuration(const std::string& path) {
  return read_file(path).and_then([&](const std::string& text) { return parse_configuration(text, path); });
}

configuration readable_groups(const std::string& path) {
  const auto text = read_file(path);
  return text ? parse_readable_groups(*text) : configuration{};
}

std::string to_yaml(const configuration& effective) {
  return print(effective, explanations::without);
}

std::string example_yaml() {
  return "# Every option with its default. A file needs only what differs.\n\n" +
         print(configuration{}, explanations::with);
}

} // namespace timeloom
