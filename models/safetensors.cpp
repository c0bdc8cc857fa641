#include "models/safetensors.hpp"

#include "models/json_fields.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/ranges.h>

namespace timeloom {

namespace {

struct type_facts {
  tensor_type type;
  std::string_view name;
  std::size_t bytes;
};

constexpr std::array<type_facts, 15> types{{
    {tensor_type::boolean, "BOOL", 1},
    {tensor_type::uint8, "U8", 1},
    {tensor_type::int8, "I8", 1},
    {tensor_type::uint16, "U16", 2},
    {tensor_type::int16, "I16", 2},
    {tensor_type::uint32, "U32", 4},
    {tensor_type::int32, "I32", 4},
    {tensor_type::uint64, "U64", 8},
    {tensor_type::int64, "I64", 8},
    {tensor_type::float8_e4m3, "F8_E4M3", 1},
    {tensor_type::float8_e5m2, "F8_E5M2", 1},
    {tensor_type::float16, "F16", 2},
    {tensor_type::bfloat16, "BF16", 2},
    {tensor_type::float32, "F32", 4},
    {tensor_type::float64, "F64", 8},
}};

const type_facts* type_named(std::string_view name) {
  const auto* const found =
      std::find_if(types.begin(), types.end(), [&](const auto& type) { return type.name == name; });
  return found == types.end() ? nullptr : found;
}

// The length that the format's own library allows; 8 dimensions are more than any network here has.
constexpr std::uint64_t most_header_bytes = 100'000'000;
constexpr std::size_t most_dimensions = 8;

/// A tensor as a header describes it: its range is within `data`. Fails with what is wrong, without the file.
expected<stored_tensor> described(const nlohmann::json& entry, std::span<const std::byte> data) {
  if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") || !entry.contains("data_offsets"))
    return fail(errc::corrupt_media, "dtype, shape or data_offsets is missing");
  const auto& shape = entry["shape"];
  const auto& offsets = entry["data_offsets"];
  const auto* const type =
      entry["dtype"].is_string() ? type_named(entry["dtype"].get_ref<const std::string&>()) : nullptr;
  if (type == nullptr)
    return fail(errc::corrupt_media, "dtype {} is none that is known", one_line(entry["dtype"]));
  if (!shape.is_array() || shape.size() > most_dimensions)
    return fail(errc::corrupt_media, "shape {} is none", one_line(shape));
  stored_tensor made{type->type, {}, {}};
  std::uint64_t bytes = type->bytes;
  for (const auto& length : shape) {
    if (!length.is_number_unsigned() || length.get<std::uint64_t>() > INT64_MAX ||
        __builtin_mul_overflow(bytes, length.get<std::uint64_t>(), &bytes))
      return fail(errc::corrupt_media, "shape {} is impossible", one_line(shape));
    made.shape.push_back(length.get<std::int64_t>());
  }
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned())
    return fail(errc::corrupt_media, "data_offsets {} are none", one_line(offsets));
  const auto begin = offsets[0].get<std::uint64_t>();
  const auto end = offsets[1].get<std::uint64_t>();
  if (begin > end || end > data.size())
    return fail(errc::corrupt_media, "its bytes {} to {} are not within the file's {}", begin, end, data.size());
  if (end - begin != bytes)
    return fail(errc::corrupt_media, "{} of shape {} has {} bytes, but the file holds {}", type->name,
                shape_text(made.shape), bytes, end - begin);
  made.bytes = data.subspan(begin, bytes);
  return made;
}

/// What lies where must neither overlap nor leave bytes that belong to nothing.
expected<void> check_cover(const safetensors_file::table& tensors, std::span<const std::byte> data) {
  std::vector<std::pair<std::span<const std::byte>, const std::string*>> ranges;
  for (const auto& [name, tensor] : tensors)
    ranges.emplace_back(tensor.bytes, &name);
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) {
    return std::pair{a.first.data(), a.first.size()} < std::pair{b.first.data(), b.first.size()};
  });
  const auto* at = data.data();
  for (const auto& [bytes, name] : ranges) {
    if (bytes.data() < at)
      return fail(errc::corrupt_media, "tensor {} overlaps the one before", *name);
    if (bytes.data() > at)
      return fail(errc::corrupt_media, "before tensor {} lie {} bytes that belong to none", *name, bytes.data() - at);
    at = bytes.data() + bytes.size();
  }
  if (const auto rest = data.data() + data.size() - at; rest != 0)
    return fail(errc::corrupt_media, "{} bytes at the end belong to no tensor", rest);
  return {};
}

expected<safetensors_file::table> read_header(std::span<const std::byte> bytes) {
  std::uint64_t length = 0;
  if (bytes.size() < sizeof length)
    return fail(errc::corrupt_media, "it has {} bytes, too few for a header", bytes.size());
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length > most_header_bytes || length > bytes.size() - sizeof length)
    return fail(errc::corrupt_media, "its header of {} bytes is not within its {} bytes", length, bytes.size());
  const auto data = bytes.subspan(sizeof length + length);
  const auto header = parse_json_object(
      {reinterpret_cast<const char*>(bytes.data()) + sizeof length, static_cast<std::size_t>(length)});
  if (!header)
    return tl::unexpected{error{errc::corrupt_media, "its header " + header.error().message}};
  safetensors_file::table tensors;
  for (const auto& [name, entry] : header->items()) {
    if (name == "__metadata__")
      continue;
    auto tensor = described(entry, data);
    if (!tensor)
      return fail(errc::corrupt_media, "tensor {}: {}", name, tensor.error().message);
    tensors.emplace(name, std::move(*tensor));
  }
  if (auto covered = check_cover(tensors, data); !covered)
    return tl::unexpected{covered.error()};
  return tensors;
}

/// Which file holds each tensor, by `model.safetensors.index.json`.
expected<std::map<std::string, std::string>> read_index(const std::string& path) {
  const auto file = mapped_file::open(path);
  if (!file)
    return tl::unexpected{file.error()};
  const auto index = parse_json_object(file->text());
  if (!index)
    return fail(errc::corrupt_media, "{} {}", path, index.error().message);
  const auto map = index->find("weight_map");
  if (map == index->end() || !map->is_object() || map->empty())
    return fail(errc::corrupt_media, "{} has no weight_map", path);
  std::map<std::string, std::string> files;
  for (const auto& [name, where] : map->items()) {
    // A plain name: an index must not lead out of its folder.
    if (!where.is_string() || where.get_ref<const std::string&>().find('/') != std::string::npos ||
        !where.get_ref<const std::string&>().ends_with(".safetensors"))
      return fail(errc::corrupt_media, "{}: tensor {} is said to be in {}, which names no file beside it", path, name,
                  one_line(where));
    files.emplace(name, where.get<std::string>());
  }
  return files;
}

} // namespace

std::string_view to_string(tensor_type type) {
  return types[static_cast<std::size_t>(type)].name;
}

std::string shape_text(std::span<const std::int64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

expected<safetensors_file> safetensors_file::open(const std::string& path) {
  auto file = mapped_file::open(path);
  if (!file)
    return tl::unexpected{file.error()};
  auto tensors = read_header(file->bytes());
  if (!tensors)
    return fail(tensors.error().code, "{} is no usable safetensors file: {}", path, tensors.error().message);
  return safetensors_file{std::move(*file), std::move(*tensors)};
}

expected<weight_folder> weight_folder::open(const std::string& folder) {
  weight_folder made;
  made.path_ = folder;
  const auto whole = folder + "/model.safetensors";
  const auto index_path = whole + ".index.json";
  const auto index = read_index(index_path);
  if (!index && index.error().code != errc::not_found)
    return tl::unexpected{index.error()};
  if (!index) {
    auto file = safetensors_file::open(whole);
    if (!file && file.error().code == errc::not_found)
      return fail(errc::not_found, "{} holds neither model.safetensors nor model.safetensors.index.json", folder);
    if (!file)
      return tl::unexpected{file.error()};
    made.files_.push_back(std::move(*file));
    for (const auto& [name, tensor] : made.files_.front().tensors())
      made.tensors_.emplace(name, &tensor);
    return made;
  }
  std::map<std::string, std::size_t> opened;
  for (const auto& [name, where] : *index)
    opened.emplace(where, 0);
  for (auto& [where, number] : opened) {
    auto file = safetensors_file::open(folder + "/" + where);
    if (!file)
      return fail(file.error().code, "{}, which {} names", file.error().message, index_path);
    number = made.files_.size();
    made.files_.push_back(std::move(*file));
  }
  for (const auto& [name, where] : *index) {
    const auto& tensors = made.files_[opened[where]].tensors();
    const auto found = tensors.find(name);
    if (found == tensors.end())
      return fail(errc::corrupt_media, "tensor {} is not in {}/{}, where {} says it is", name, folder, where,
                  index_path);
    made.tensors_.emplace(name, &found->second);
  }
  return made;
}

const stored_tensor* weight_folder::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : found->second;
}

std::int64_t weight_folder::bytes() const {
  std::int64_t sum = 0;
  for (const auto& [name, tensor] : tensors_)
    sum += static_cast<std::int64_t>(tensor->bytes.size());
  return sum;
}

} // namespace timeloom
