// Exceptions of yaml-cpp end here.
#include "app/gpu_groups_yaml.hpp"
#include "app/option_table.hpp"
#include "app/readable_groups.hpp"
#include "app/yaml_value.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

namespace timeloom {

namespace {

/// Puts a node's value into a configuration, or says what is wrong with it.
struct assignment {
  configuration& into;
  const option& wanted;
  const YAML::Node& node;

  using outcome = std::optional<rejection>;

  outcome reject(const YAML::Node& what, std::string_view suffix = "") const {
    return rejection{fmt::format("is {}; expected {}{}", shown(what), expectation(wanted), suffix), what.Mark().line};
  }

  bool is_word(std::string_view word) const { return node.IsScalar() && !is_quoted(node) && node.Scalar() == word; }

  template <class T>
  std::optional<T> plain_number(T least, T most) const {
    if (!node.IsScalar() || is_quoted(node))
      return std::nullopt;
    std::optional<T> value = number_in<T>(node.Scalar());
    return value && *value >= least && *value <= most ? value : std::nullopt;
  }

  template <class T>
  outcome operator()(const number_option<T>& number) const {
    std::optional<T> value = plain_number(number.least, number.most);
    if (!value)
      return reject(node);
    number.value(into) = *value;
    return {};
  }

  outcome operator()(const count_option& count) const {
    automatic_count value = plain_number(count.least, count.most);
    if (!value && !is_word("auto"))
      return reject(node);
    count.value(into) = value;
    return {};
  }

  outcome operator()(const flag_option& flag) const {
    if (!is_word("true") && !is_word("false"))
      return reject(node);
    flag.value(into) = is_word("true");
    return {};
  }

  outcome operator()(const text_option& text) const {
    if (!node.IsScalar() || node.Scalar().find('\0') != std::string::npos)
      return reject(node);
    if (node.Scalar().empty() && !text.may_be_empty)
      return reject(node);
    text.value(into) = node.Scalar();
    return {};
  }

  outcome operator()(const word_option& word) const {
    if (!node.IsScalar())
      return reject(node);
    if (std::ranges::find(word.names, node.Scalar()) == word.names.end())
      return reject(node, guess(word.names, node.Scalar()));
    word.write(into, node.Scalar());
    return {};
  }

  outcome operator()(const list_option& list) const {
    if (list.or_all && is_word("all")) {
      list.write(into, {});
      return {};
    }
    if (!node.IsSequence())
      return reject(node);
    if (node.size() == 0 && !list.may_be_empty)
      return rejection{fmt::format("is an empty list; expected {}", expectation(wanted)), node.Mark().line};
    std::vector<std::string> words;
    for (const YAML::Node& item : node) {
      auto holds = [&](const char* verb, std::string_view suffix = "") {
        return rejection{fmt::format("{} {}; expected {}{}", verb, shown(item), expectation(wanted), suffix),
                         item.Mark().line};
      };
      if (!item.IsScalar())
        return holds("holds");
      const std::string& word = item.Scalar();
      bool known = list.names.empty() ? list.accepts(word) : std::ranges::find(list.names, word) != list.names.end();
      if (!known)
        return holds("holds", guess(list.names, word));
      if (std::ranges::find(words, word) != words.end())
        return rejection{fmt::format("holds {} twice", shown(item)), item.Mark().line};
      words.push_back(word);
    }
    list.write(into, words);
    return {};
  }

  outcome operator()(const groups_option& groups) const {
    auto read = read_gpu_groups(node);
    if (!read)
      return rejection{fmt::format("{}; expected {}", read.error().why, expectation(wanted)), read.error().line};
    groups.value(into) = std::move(*read);
    return {};
  }

  outcome operator()(const prompts_option& prompts) const {
    if (!node.IsSequence())
      return reject(node);
    std::vector<caption_prompt> read;
    for (const YAML::Node& item : node) {
      const auto words = [&item = item](const char* key) {
        const auto part = item.IsMap() ? item[key] : YAML::Node{};
        const bool given = part.IsDefined() && part.IsScalar() && part.Scalar().find('\0') == std::string::npos;
        return given ? part.Scalar() : std::string{};
      };
      caption_prompt one{words("match"), words("prompt")};
      if (item.size() != 2 || one.match.empty() || one.prompt.empty())
        return rejection{fmt::format("holds {}; expected {}", shown(item), expectation(wanted)), item.Mark().line};
      read.push_back(std::move(one));
    }
    prompts.value(into) = std::move(read);
    return {};
  }

  static std::string guess(std::span<const std::string_view> names, std::string_view word) {
    std::vector<std::string> candidates{names.begin(), names.end()};
    std::optional<std::string> name = nearest(word, candidates);
    return name ? fmt::format("; did you mean {}?", *name) : "";
  }
};

class reader {
public:
  explicit reader(const std::string& name, configuration into = {}) : name_(name), into_(std::move(into)) {}

  /// `prefix` is the group's path with a final dot, or empty for the whole file.
  expected<void> read_group(const YAML::Node& group, const std::string& prefix) {
    if (group.IsNull())
      return {};
    if (!group.IsMap())
      return refuse(group.Mark().line, "{} {}; expected a map with {}",
                    prefix.empty() ? "the file" : prefix.substr(0, prefix.size() - 1),
                    group.IsScalar() ? "is " + shown(group) : "is a list", fmt::join(names_in(prefix), ", "));
    std::vector<std::string> seen;
    for (const auto& entry : group) {
      const YAML::Node& key = entry.first;
      if (!key.IsScalar())
        return refuse(key.Mark().line, "a key {}is {}; expected one of {}",
                      prefix.empty() ? "" : "in " + prefix.substr(0, prefix.size() - 1) + " ", shown(key),
                      fmt::join(names_in(prefix), ", "));
      std::string path = prefix + key.Scalar();
      if (std::ranges::find(seen, path) != seen.end())
        return refuse(key.Mark().line, "{} is given twice", path);
      seen.push_back(path);
      if (auto done = read_entry(key, entry.second, path, prefix); !done)
        return done;
    }
    return {};
  }

  configuration take() { return std::move(into_); }

private:
  expected<void> read_entry(const YAML::Node& key, const YAML::Node& value, const std::string& path,
                            const std::string& prefix) {
    if (key.Scalar().empty() || key.Scalar().find('.') != std::string::npos)
      return refuse_unknown(key, prefix);
    for (const option& each : option_table()) {
      if (each.path == path) {
        std::optional<rejection> rejected = std::visit(assignment{into_, each, value}, each.kind);
        // An empty value has no place of its own in the file.
        return rejected ? refuse(value.IsNull() ? key.Mark().line : rejected->line, "{} {}", path, rejected->why)
                        : expected<void>{};
      }
      if (each.path.starts_with(path + '.'))
        return read_group(value, path + '.');
    }
    return refuse_unknown(key, prefix);
  }

  expected<void> refuse_unknown(const YAML::Node& key, const std::string& prefix) const {
    std::string where = prefix.empty() ? "" : " in " + prefix.substr(0, prefix.size() - 1);
    std::string hint = "expected one of " + fmt::format("{}", fmt::join(names_in(prefix), ", "));
    if (std::optional<std::string> name = nearest_path(key.Scalar(), prefix))
      hint = fmt::format("did you mean {}?", *name);
    return refuse(key.Mark().line, "unknown option {}{}; {}", shown(key), where, hint);
  }

  /// The names that may stand in a group.
  static std::vector<std::string> names_in(const std::string& prefix) {
    std::vector<std::string> names;
    for (const option& each : option_table()) {
      if (!each.path.starts_with(prefix))
        continue;
      std::string_view rest = each.path.substr(prefix.size());
      std::string name{rest.substr(0, rest.find('.'))};
      if (names.empty() || names.back() != name)
        names.push_back(name);
    }
    return names;
  }

  /// A name like `word` in the group, else the option of that very name in another group when there is only one.
  static std::optional<std::string> nearest_path(const std::string& word, const std::string& prefix) {
    if (std::optional<std::string> name = nearest(word, names_in(prefix)))
      return prefix + *name;
    std::vector<std::string> elsewhere;
    for (const option& each : option_table())
      if (each.path == word || each.path.ends_with("." + word))
        elsewhere.emplace_back(each.path);
    if (elsewhere.size() != 1)
      return std::nullopt;
    return elsewhere.front();
  }

  template <class... Args>
  expected<void> refuse(int line, fmt::format_string<Args...> text, Args&&... args) const {
    return fail(errc::invalid_config, "{}:{}: {}", name_, std::max(line, 0) + 1,
                fmt::format(text, std::forward<Args>(args)...));
  }

  const std::string& name_;
  configuration into_;
};

/// The 1-based line of the first byte that is no UTF-8 (RFC 3629), if there is one.
std::optional<std::size_t> line_without_utf8(std::string_view text) {
  std::size_t line = 1;
  for (std::size_t i = 0; i < text.size();) {
    auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
    unsigned lead = byte(i);
    std::size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    bool valid = length > 0;
    for (std::size_t k = 1; k < length; ++k)
      valid = valid && (byte(i + k) & 0xc0U) == 0x80;
    // Overlong forms, surrogates and what lies beyond U+10FFFF.
    if (lead == 0xe0)
      valid = valid && byte(i + 1) >= 0xa0;
    if (lead == 0xed)
      valid = valid && byte(i + 1) < 0xa0;
    if (lead == 0xf0)
      valid = valid && byte(i + 1) >= 0x90;
    if (lead == 0xf4)
      valid = valid && byte(i + 1) < 0x90;
    if (!valid)
      return line;
    line += lead == '\n' ? 1 : 0;
    i += length;
  }
  return std::nullopt;
}

} // namespace

expected<configuration> parse_configuration(const std::string& text, const std::string& name) {
  if (std::optional<std::size_t> line = line_without_utf8(text))
    return fail(errc::invalid_config, "{}:{}: not UTF-8", name, *line);
  try {
    std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1)
      return fail(errc::invalid_config, "{}:{}: a second YAML document; expected one", name,
                  std::max(documents[1].Mark().line, 0) + 1);
    reader reading{name};
    if (documents.empty())
      return reading.take();
    return reading.read_group(documents.front(), "").map([&] { return reading.take(); });
  } catch (const YAML::Exception& failure) {
    if (failure.mark.is_null())
      return fail(errc::invalid_config, "{}: {}", name, failure.msg);
    return fail(errc::invalid_config, "{}:{}: {}", name, failure.mark.line + 1, failure.msg);
  }
}

configuration parse_readable_groups(const std::string& text) {
  configuration found;
  if (line_without_utf8(text))
    return found;
  try {
    const YAML::Node file = YAML::Load(text);
    for (const std::string group : {"daemon", "http", "log"}) {
      reader reading{group, found};
      if (file.IsMap() && file[group] && reading.read_group(file[group], group + '.'))
        found = reading.take();
    }
  } catch (const YAML::Exception&) {
    return found; // whoever parsed it has said so
  }
  return found;
}

} // namespace timeloom
