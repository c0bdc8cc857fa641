#include "model_cache/manifest.hpp"
#include "model_cache/plain_file.hpp"
#include "model_cache/yaml_document.hpp"

#include <algorithm>

namespace timeloom {

namespace {

/// `text`, a valid manifest, with `entry` after its last.
expected<std::string> with_entry(std::string text, const model_entry& entry, const std::string& path) {
  const auto root = load_yaml_document(text, path);
  if (!root)
    return tl::unexpected{root.error()};
  if (!text.empty() && !text.ends_with('\n'))
    text += '\n';
  std::size_t column = 2;
  if (root->IsNull()) {
    text += "models:\n";
  } else if (const YAML::Node list = (*root)["models"]; list && !list.IsNull()) {
    if (list.Style() == YAML::EmitterStyle::Flow)
      return fail(errc::invalid_config,
                  "{}:{}: models is a list in brackets; expected one entry after the other, each with a dash", path,
                  list.Mark().line + 1);
    column = static_cast<std::size_t>(std::max(list.Mark().column, 0));
  }
  const std::string item = to_yaml(entry);
  for (std::size_t at = 0; at < item.size();) {
    const std::size_t end = item.find('\n', at) + 1;
    text.append(column, ' ').append(item, at, end - at);
    at = end;
  }
  return text;
}

} // namespace

expected<void> add_model(const std::string& manifest_path, const model_entry& entry) {
  auto before = read_plain_file(manifest_path, "model manifest", most_manifest_bytes);
  if (!before && before.error().code != errc::not_found)
    return tl::unexpected{before.error()};
  const std::string text = before.value_or("");
  const auto old = parse_manifest(text, manifest_path);
  if (!old)
    return tl::unexpected{old.error()};
  const auto with = [&](const model_entry& last) { return with_entry(text, last, manifest_path); };
  const auto parse = [&](const std::string& made) { return parse_manifest(made, manifest_path); };

  // The entry is checked, and its file found, by reading it back; what was there must read as before.
  auto made = with(entry).and_then(parse);
  if (!made)
    return tl::unexpected{made.error()};
  manifest wanted = *old;
  wanted.models.push_back(entry);
  model_entry& added = wanted.models.back();
  if (!made->models.empty()) { // as it was read: the path absolute, the sum in lower case
    added.path = made->models.back().path;
    added.sha256 = made->models.back().sha256;
  }
  if (*made != wanted)
    return fail(errc::invalid_config, "nothing can be added at the end of {}; add it by hand:\n{}", manifest_path,
                to_yaml(entry));

  if (auto checked = check_model_file(added); !checked)
    return checked;
  model_entry summed = entry;
  if (summed.sha256.empty() && summed.kind == model_kind::torchscript) {
    auto sum = sha256_of_plain_file(added.path, "model file");
    if (!sum)
      return tl::unexpected{sum.error()};
    summed.sha256 = std::move(*sum);
  }
  return with(summed).and_then([&](const std::string& after) { return replace_plain_file(manifest_path, after); });
}

} // namespace timeloom
