/// Tensors in `*.safetensors` files, where they lie: nothing is copied. Immutable; any thread.
///
/// A file is 8 bytes with the length of the header (little endian), the header (JSON: of each tensor its type, shape
/// and range of bytes), then the bytes (https://github.com/huggingface/safetensors). Files are not trusted: lengths,
/// types and ranges are checked when a file is opened.
#pragma once

#include "models/mapped_file.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace timeloom {

enum class tensor_type : std::uint8_t {
  boolean,
  uint8,
  int8,
  uint16,
  int16,
  uint32,
  int32,
  uint64,
  int64,
  float8_e4m3,
  float8_e5m2,
  float16,
  bfloat16,
  float32,
  float64,
};

/// As safetensors name it, such as "BF16".
std::string_view to_string(tensor_type type);

/// A tensor in a file: dense, the last dimension without gaps, little endian. The bytes may lie at any address.
struct stored_tensor {
  tensor_type type = tensor_type::float32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes; ///< as many as type and shape say; of the file, as long as it is open
};

/// "[2, 3, 448, 448]".
std::string shape_text(std::span<const std::int64_t> shape);

class safetensors_file {
public:
  using table = std::map<std::string, stored_tensor, std::less<>>;

  /// Fails with `errc::corrupt_media` when the file is no such file or lies about itself; the message names the tensor.
  static expected<safetensors_file> open(const std::string& path);

  const table& tensors() const { return tensors_; }

private:
  safetensors_file(mapped_file file, table tensors) : file_(std::move(file)), tensors_(std::move(tensors)) {}

  mapped_file file_;
  table tensors_;
};

/// The tensors of a model's folder: `model.safetensors`, or the files that `model.safetensors.index.json` names.
class weight_folder {
public:
  /// Fails as `safetensors_file::open`, or with `errc::not_found`, or with `errc::corrupt_media` when the index and the
  /// files do not fit. The message names the tensor and the file.
  static expected<weight_folder> open(const std::string& folder);

  const std::string& path() const { return path_; }

  /// The tensor of that name, or nullptr. Lives as long as the folder.
  const stored_tensor* find(std::string_view name) const;
  std::size_t size() const { return tensors_.size(); }
  const std::map<std::string, const stored_tensor*, std::less<>>& tensors() const { return tensors_; }
  /// Of all tensors.
  std::int64_t bytes() const;

private:
  std::string path_;
  std::vector<safetensors_file> files_;
  std::map<std::string, const stored_tensor*, std::less<>> tensors_;
};

} // namespace timeloom
