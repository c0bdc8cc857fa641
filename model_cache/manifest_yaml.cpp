#include "model_cache/manifest.hpp"
#include "model_cache/plain_file.hpp"
#include "model_cache/yaml_document.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fmt/ranges.h>
#include <optional>

namespace timeloom {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_label_bytes = std::size_t{1} << 20;
constexpr std::array kinds{model_kind::torchscript, model_kind::internvl3};
constexpr std::array adapters{model_adapter::yolov8_detect, model_adapter::yolov8_pose, model_adapter::segformer};
constexpr std::array checkpoint_adapters{model_adapter::internvl3};
constexpr std::array checkpoint_dtypes{model_dtype::automatic, model_dtype::float32, model_dtype::float16,
                                       model_dtype::bfloat16};
constexpr std::array dtypes{model_dtype::automatic, model_dtype::float32, model_dtype::float16};

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_in_quotes(const YAML::Node& node) {
  return node.Tag() == "!";
}

/// What stands in the file, short and safe to print.
std::string shown(const YAML::Node& node) {
  if (node.IsMap())
    return "a map";
  if (node.IsSequence())
    return node.size() == 0 ? "an empty list" : "a list";
  if (!node.IsScalar())
    return "empty";
  std::string text = node.Scalar().substr(0, 60);
  std::ranges::replace_if(text, is_control, '?');
  return fmt::format("\"{}\"{}{}", text, node.Scalar().size() > 60 ? "..." : "",
                     is_in_quotes(node) ? " in quotes" : "");
}

/// A value and where it stands.
struct field {
  std::string name; ///< such as "models[0].input.width"
  YAML::Node value;
  int line = 0; ///< from 0; of the key when the value is empty
};

using fields = std::vector<std::pair<std::string, field>>; // by key, in the order of the file

const field* find(const fields& all, std::string_view key) {
  const auto found = std::ranges::find(all, key, &fields::value_type::first);
  return found == all.end() ? nullptr : &found->second;
}

/// Turns a document into a manifest. The first fault found stays; what follows it does not matter.
class reader {
public:
  explicit reader(const std::string& path) : path_(path) {
    std::error_code ignored; // without a working folder, paths stay relative to it
    folder_ = fs::absolute(path, ignored).parent_path();
  }

  expected<manifest> read(const YAML::Node& root) {
    manifest made;
    if (!root.IsNull())
      for (const auto& [key, list] : members({"the file", root, root.Mark().line}, {"models"}))
        if (!list.value.IsNull())
          read_models(list, made);
    if (failure_)
      return tl::unexpected{*failure_};
    return made;
  }

private:
  template <class... Args>
  void refuse(int line, fmt::format_string<Args...> text, Args&&... args) {
    if (!failure_)
      failure_ = error{errc::invalid_config, fmt::format("{}:{}: {}", path_, std::max(line, 0) + 1,
                                                         fmt::format(text, std::forward<Args>(args)...))};
  }

  void reject(const field& what, std::string_view wanted) {
    refuse(what.line, "{} is {}; expected {}", what.name, shown(what.value), wanted);
  }

  fields members(const field& map, std::initializer_list<std::string_view> names) {
    fields all;
    if (!map.value.IsMap()) {
      reject(map, fmt::format("a map with {}", fmt::join(names, ", ")));
      return all;
    }
    const std::string prefix = map.name != "the file" ? map.name + "." : "";
    for (const auto& member : map.value) {
      const YAML::Node& key = member.first;
      const int line = key.Mark().line;
      if (!key.IsScalar() || std::ranges::find(names, key.Scalar()) == names.end())
        refuse(line, "unknown field {} in {}; expected one of {}", shown(key), map.name, fmt::join(names, ", "));
      else if (find(all, key.Scalar()))
        refuse(line, "{}{} is given twice", prefix, key.Scalar());
      else
        all.emplace_back(key.Scalar(), field{prefix + key.Scalar(), member.second,
                                             member.second.IsNull() ? line : member.second.Mark().line});
    }
    return all;
  }

  /// The items of a list of `count` values, or of any number but none.
  std::vector<field> items(const field& list, std::string_view wanted, std::optional<std::size_t> count = {}) {
    std::vector<field> all;
    if (!list.value.IsSequence() || list.value.size() != count.value_or(std::max<std::size_t>(list.value.size(), 1))) {
      reject(list, wanted);
      return all;
    }
    for (const YAML::Node& item : list.value)
      all.push_back({fmt::format("{}[{}]", list.name, all.size()), item, item.IsNull() ? list.line : item.Mark().line});
    return all;
  }

  const field* required(const fields& all, const field& of, std::string_view key) {
    const field* found = find(all, key);
    if (!found)
      refuse(of.line, "{} has no {}", of.name, key);
    return found;
  }

  void read_text(const field* from, std::string& into, std::string_view wanted) {
    if (!from)
      return;
    if (!from->value.IsScalar() || from->value.Scalar().empty() || from->value.Scalar().find('\0') != std::string::npos)
      return reject(*from, wanted);
    into = from->value.Scalar();
  }

  template <class T>
  void read_number(const field* from, T& into, T least, T most) {
    if (!from)
      return;
    T value{};
    const std::string text = from->value.IsScalar() && !is_in_quotes(from->value) ? from->value.Scalar() : "";
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    // A value that is not a number is in no range.
    if (problem != std::errc{} || end != text.data() + text.size() || !(value >= least && value <= most))
      return reject(
          *from, fmt::format("{} from {} to {}", std::is_integral_v<T> ? "a whole number" : "a number", least, most));
    into = value;
  }

  template <class T, std::size_t N>
  void read_word(const field* from, T& into, const std::array<T, N>& values) {
    if (!from)
      return;
    std::vector<std::string_view> names;
    for (const T value : values) {
      names.push_back(to_string(value));
      if (from->value.IsScalar() && from->value.Scalar() == names.back()) {
        into = value;
        return;
      }
    }
    reject(*from, fmt::format("one of {}", fmt::join(names, ", ")));
  }

  void read_triple(const field* from, std::array<double, 3>& into, double least, double most) {
    if (!from)
      return;
    const auto numbers = items(*from, "a list of three numbers: for red, green and blue", 3);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      read_number(&numbers[i], into[i], least, most);
  }

  void read_id(const field* from, const manifest& before, std::string& into) {
    constexpr std::string_view wanted = "a name of at most 64 letters, digits, '_', '-' and '.'";
    const auto allowed = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
             c == '.';
    };
    read_text(from, into, wanted);
    if (from && (into.size() > 64 || !std::ranges::all_of(into, allowed)))
      reject(*from, wanted);
    for (std::size_t i = 0; i < before.models.size(); ++i)
      if (from && before.models[i].id == into)
        refuse(from->line, "{} is {}, as is models[{}].id", from->name, shown(from->value), i);
  }

  /// A path as it is to be opened.
  void read_path(const field* from, std::string& into, std::string_view wanted) {
    std::string path;
    read_text(from, path, wanted);
    const char* home = std::getenv("HOME");
    if (path.empty())
      return;
    if (path.front() != '~')
      into = (folder_ / path).lexically_normal().string();
    else if (path.size() > 1 && path[1] != '/')
      reject(*from, "~ to be followed by /");
    else if (!home || *home != '/')
      refuse(from->line, "{} is {}, but HOME is not set to a folder", from->name, shown(from->value));
    else
      into = fs::path{home + path.substr(1)}.lexically_normal().string();
  }

  void read_sha256(const field* from, std::string& into) {
    constexpr std::string_view wanted = "64 hexadecimal digits";
    read_text(from, into, wanted);
    for (char& c : into)
      c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    if (from && (into.size() != 64 || into.find_first_not_of("0123456789abcdef") != std::string::npos))
      reject(*from, wanted);
  }

  void read_analyzer(const field* from, model_adapter adapter, std::string& into) {
    read_text(from, into, "an analyzer");
    if (from && into != analyzer_of(adapter))
      reject(*from, fmt::format("{}, which {} serves", analyzer_of(adapter), to_string(adapter)));
  }

  void read_input(const field* from, model_adapter adapter, model_input& into) {
    if (!from)
      return;
    const auto all = members(*from, {"width", "height"});
    for (const auto& [key, side] : {std::pair{"width", &into.width}, {"height", &into.height}}) {
      const field* given = required(all, *from, key);
      read_number(given, *side, 32, 8192);
      // The coarsest of the three grids of YOLOv8 has cells of 32 pixels.
      if (given && adapter != model_adapter::segformer && *side % 32 != 0)
        reject(*given, fmt::format("a multiple of 32 for {}", to_string(adapter)));
    }
  }

  void read_normalisation(const field* from, model_normalisation& into) {
    if (!from)
      return;
    const auto all = members(*from, {"scale", "mean", "std"});
    read_number(find(all, "scale"), into.scale, 1e-6, 1e6);
    read_triple(find(all, "mean"), into.mean, -1e6, 1e6);
    read_triple(find(all, "std"), into.std, 1e-6, 1e6);
  }

  void read_thresholds(const field* from, model_thresholds& into) {
    if (!from)
      return;
    const auto all = members(*from, {"score", "iou"});
    read_number(find(all, "score"), into.score, 0.0, 1.0);
    read_number(find(all, "iou"), into.iou, 0.0, 1.0);
  }

  void read_labels(const field* from, std::vector<std::string>& into) {
    constexpr std::string_view wanted = "a list of names, or a text file with one a line";
    if (!from)
      return;
    if (from->value.IsScalar())
      return read_label_file(*from, into, wanted);
    for (const field& item : items(*from, wanted)) {
      std::string& label = into.emplace_back();
      read_text(&item, label, "a name");
      if (std::ranges::any_of(label, is_control))
        reject(item, "a name without control characters");
    }
  }

  void read_label_file(const field& from, std::vector<std::string>& into, std::string_view wanted) {
    std::string path;
    read_path(&from, path, wanted);
    if (path.empty())
      return;
    auto labels = load_labels(path);
    if (!labels)
      return refuse(from.line, "{}: {}", from.name, labels.error().message);
    into = std::move(*labels);
  }

  /// An InternVL3: its folder says all that the other fields would.
  void read_checkpoint(const fields& all, const field& item, model_entry& entry) {
    for (const auto& [key, value] : all)
      if (key == "sha256" || key == "input" || key == "normalisation" || key == "labels" || key == "thresholds")
        refuse(value.line, "{} has no meaning for a model of the kind internvl3", value.name);
    read_path(required(all, item, "path"), entry.path, "a folder");
    entry.adapter = model_adapter::internvl3;
    read_word(find(all, "adapter"), entry.adapter, checkpoint_adapters);
    entry.analyzer = analyzer_of(entry.adapter);
    read_analyzer(find(all, "analyzer"), entry.adapter, entry.analyzer);
    read_word(find(all, "dtype"), entry.dtype, checkpoint_dtypes);
    read_text(find(all, "get"), entry.get, "words for people");
  }

  void read_models(const field& list, manifest& into) {
    if (!list.value.IsSequence())
      return reject(list, "a list of models");
    if (list.value.size() == 0)
      return;
    for (const field& item : items(list, "")) {
      model_entry entry;
      const auto all = members(item, {"id", "path", "sha256", "kind", "adapter", "analyzer", "input", "normalisation",
                                      "dtype", "labels", "thresholds", "get"});
      read_id(required(all, item, "id"), into, entry.id);
      read_word(required(all, item, "kind"), entry.kind, kinds);
      if (entry.kind == model_kind::internvl3) {
        read_checkpoint(all, item, entry);
        into.models.push_back(std::move(entry));
        continue;
      }
      read_path(required(all, item, "path"), entry.path, "a file");
      read_sha256(find(all, "sha256"), entry.sha256);
      read_word(required(all, item, "adapter"), entry.adapter, adapters);
      read_analyzer(required(all, item, "analyzer"), entry.adapter, entry.analyzer);
      read_input(required(all, item, "input"), entry.adapter, entry.input);
      read_normalisation(find(all, "normalisation"), entry.normalisation);
      read_word(find(all, "dtype"), entry.dtype, dtypes);
      read_labels(find(all, "labels"), entry.labels);
      read_thresholds(find(all, "thresholds"), entry.thresholds);
      read_text(find(all, "get"), entry.get, "words for people");
      into.models.push_back(std::move(entry));
    }
  }

  const std::string& path_;
  fs::path folder_;
  std::optional<error> failure_;
};

} // namespace

expected<std::vector<std::string>> load_labels(const std::string& path) {
  const auto text = read_plain_file(path, "label file", most_label_bytes);
  if (!text)
    return tl::unexpected{text.error()};
  std::vector<std::string> labels;
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = std::min(text->find('\n', at), text->size());
    std::string& label = labels.emplace_back(*text, at, end - at);
    at = end + 1;
    if (label.ends_with('\r'))
      label.pop_back();
    if (label.empty() || std::ranges::any_of(label, is_control))
      return fail(errc::invalid_config, "line {} of {} is {}; expected a name", labels.size(), path,
                  label.empty() ? "empty" : "no plain text");
  }
  if (labels.empty())
    return fail(errc::invalid_config, "the label file {} is empty", path);
  return labels;
}

expected<manifest> parse_manifest(const std::string& text, const std::string& path) {
  return load_yaml_document(text, path).and_then([&](const YAML::Node& root) { return reader{path}.read(root); });
}

} // namespace timeloom
