/// `models.yaml`: which model files there are and how they are to be used. Any thread.
///
/// `configs/models.yaml` explains every field. The file is read once, at the edge; every value has been checked.
#pragma once

#include "core/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace timeloom {

enum class model_kind : std::uint8_t { torchscript, internvl3 };
enum class model_adapter : std::uint8_t { yolov8_detect, yolov8_pose, segformer, internvl3 };
enum class model_dtype : std::uint8_t { automatic, float32, float16, bfloat16 };

std::string_view to_string(model_kind kind);
std::string_view to_string(model_adapter adapter);
std::string_view to_string(model_dtype dtype); ///< `automatic` is "auto"
std::optional<model_dtype> model_dtype_from_string(std::string_view name);

/// The id of the analyzer that an adapter's results are for.
std::string_view analyzer_of(model_adapter adapter);

struct model_input {
  int width = 0; ///< pixels
  int height = 0;

  bool operator==(const model_input&) const = default;
};

/// What a model gets for a sample s in [0, 255] of channel c (red, green, blue): (s / scale - mean[c]) / std[c].
struct model_normalisation {
  double scale = 255;
  std::array<double, 3> mean{0, 0, 0};
  std::array<double, 3> std{1, 1, 1};

  bool operator==(const model_normalisation&) const = default;
};

struct model_thresholds {
  double score = 0.25; ///< [0, 1]; finds below are dropped
  double iou = 0.7;    ///< [0, 1]; of finds that overlap more than this, the best stays

  bool operator==(const model_thresholds&) const = default;
};

struct model_entry {
  std::string id;
  std::string path;   ///< of a file, or of an InternVL3's folder; absolute in what was loaded, see `add_model`
  std::string sha256; ///< 64 hex digits in lower case, or empty
  model_kind kind = model_kind::torchscript;
  model_adapter adapter = model_adapter::yolov8_detect;
  std::string analyzer; ///< always `analyzer_of(adapter)`
  // Of an InternVL3, input, normalisation, labels and thresholds keep their defaults: its folder says what it takes.
  model_input input;
  model_normalisation normalisation;
  model_dtype dtype = model_dtype::automatic;
  std::vector<std::string> labels; ///< by class number; may be empty
  model_thresholds thresholds;
  std::string get; ///< how to get the file, for people; may be empty

  bool operator==(const model_entry&) const = default;
};

inline constexpr std::size_t most_manifest_bytes = std::size_t{1} << 20;

struct manifest {
  std::vector<model_entry> models; ///< as they stand in the file; ids differ

  bool operator==(const manifest&) const = default;
};

/// Reads a manifest of at most 1 MiB and the label files that it names; model files are not looked at.
/// Fails with `not_found` or `io` when it cannot be read, else with `invalid_config` and a message that opens with
/// `FILE:LINE:` and names the field, its value and what was expected.
expected<manifest> load_manifest(const std::string& path);

/// As `load_manifest`, from the text of the file that is, or is to be, at `path`.
expected<manifest> parse_manifest(const std::string& text, const std::string& path);

/// The names in a text file, one a line. Fails with `not_found` or `io`, or with `invalid_config` when it has none, is
/// larger than 1 MiB, or a line is empty or no plain text.
expected<std::vector<std::string>> load_labels(const std::string& path);

/// Whether the entry's file, or all of its folder, is there. Fails with `not_found` and how to get it, or `io`.
expected<void> find_model_file(const model_entry& entry);

/// Of its weights on disk; 0 when they are not there.
std::int64_t model_bytes(const model_entry& entry);

/// As `find_model_file`, and whether the file has the SHA-256 of the entry, if that has one. Fails also with
/// `invalid_config` and both sums.
expected<void> check_model_file(const model_entry& entry);

/// Adds `entry` at the end of the manifest at `manifest_path`, or of a new one, with the SHA-256 of its file; all that
/// was in the manifest stays as it is written. `entry.path` is written as given: absolute, from "~/", or relative to
/// the manifest's folder. The manifest is replaced at once; of two additions at the same time one may be lost.
/// Fails as `load_manifest` and `check_model_file` do, or with `invalid_config` when the list is written in brackets.
expected<void> add_model(const std::string& manifest_path, const model_entry& entry);

/// `entry` as an item of the list, lines from column 0: "- id: ...\n  path: ...\n".
std::string to_yaml(const model_entry& entry);

} // namespace timeloom
