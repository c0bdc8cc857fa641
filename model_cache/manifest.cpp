#include "model_cache/manifest.hpp"

#include "model_cache/checkpoint_folder.hpp"
#include "model_cache/plain_file.hpp"

#include <fmt/ranges.h>

namespace timeloom {

namespace {

/// A YAML scalar in double quotes.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (c == '\n')
      out += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out += '"';
}

} // namespace

std::string_view to_string(model_kind kind) {
  switch (kind) {
  case model_kind::torchscript:
    return "torchscript";
  case model_kind::internvl3:
    return "internvl3";
  }
  return "";
}

std::string_view to_string(model_adapter adapter) {
  switch (adapter) {
  case model_adapter::yolov8_detect:
    return "yolov8_detect";
  case model_adapter::yolov8_pose:
    return "yolov8_pose";
  case model_adapter::segformer:
    return "segformer";
  case model_adapter::internvl3:
    return "internvl3";
  }
  return "";
}

std::string_view to_string(model_dtype dtype) {
  switch (dtype) {
  case model_dtype::automatic:
    return "auto";
  case model_dtype::float32:
    return "float32";
  case model_dtype::float16:
    return "float16";
  case model_dtype::bfloat16:
    return "bfloat16";
  }
  return "";
}

std::optional<model_dtype> model_dtype_from_string(std::string_view name) {
  for (const auto dtype : {model_dtype::automatic, model_dtype::float32, model_dtype::float16, model_dtype::bfloat16})
    if (name == to_string(dtype))
      return dtype;
  return std::nullopt;
}

std::string_view analyzer_of(model_adapter adapter) {
  switch (adapter) {
  case model_adapter::yolov8_detect:
    return "object_detection";
  case model_adapter::yolov8_pose:
    return "body_pose";
  case model_adapter::segformer:
    return "background_segmentation";
  case model_adapter::internvl3:
    return "scene_caption";
  }
  return "";
}

expected<manifest> load_manifest(const std::string& path) {
  return read_plain_file(path, "model manifest", most_manifest_bytes).and_then([&](const std::string& text) {
    return parse_manifest(text, path);
  });
}

expected<void> find_model_file(const model_entry& entry) {
  auto present = entry.kind == model_kind::internvl3 ? check_checkpoint_folder(entry.path)
                                                     : check_plain_file(entry.path, "model file");
  if (!present && present.error().code == errc::not_found && !entry.get.empty())
    return fail(errc::not_found, "{}; get it with {}", present.error().message, entry.get);
  return present;
}

std::int64_t model_bytes(const model_entry& entry) {
  return entry.kind == model_kind::internvl3 ? checkpoint_bytes(entry.path) : plain_file_bytes(entry.path);
}

expected<void> check_model_file(const model_entry& entry) {
  auto present = find_model_file(entry);
  if (!present || entry.sha256.empty())
    return present;
  const auto sum = sha256_of_plain_file(entry.path, "model file");
  if (!sum)
    return tl::unexpected{sum.error()};
  if (*sum != entry.sha256)
    return fail(errc::invalid_config, "the model file {} has the SHA-256 {}; the manifest says {}", entry.path, *sum,
                entry.sha256);
  return {};
}

std::string to_yaml(const model_entry& entry) {
  std::string out = fmt::format("- id: {}\n  path: {}\n", quoted(entry.id), quoted(entry.path));
  const auto get = entry.get.empty() ? "" : fmt::format("  get: {}\n", quoted(entry.get));
  if (entry.kind == model_kind::internvl3)
    return out + fmt::format("  kind: {}\n  dtype: {}\n", to_string(entry.kind), to_string(entry.dtype)) + get;
  if (!entry.sha256.empty())
    out += fmt::format("  sha256: \"{}\"\n", entry.sha256);
  out += fmt::format("  kind: {}\n  adapter: {}\n  analyzer: {}\n  input: {{width: {}, height: {}}}\n",
                     to_string(entry.kind), to_string(entry.adapter), entry.analyzer, entry.input.width,
                     entry.input.height);
  out += fmt::format("  normalisation: {{scale: {}, mean: [{}], std: [{}]}}\n  dtype: {}\n", entry.normalisation.scale,
                     fmt::join(entry.normalisation.mean, ", "), fmt::join(entry.normalisation.std, ", "),
                     to_string(entry.dtype));
  if (!entry.labels.empty()) {
    out += "  labels:\n";
    for (const std::string& label : entry.labels)
      out += fmt::format("    - {}\n", quoted(label));
  }
  out += fmt::format("  thresholds: {{score: {}, iou: {}}}\n", entry.thresholds.score, entry.thresholds.iou);
  return out + get;
}

} // namespace timeloom
