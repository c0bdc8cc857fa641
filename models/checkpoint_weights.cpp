#include "models/checkpoint_weights.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <algorithm>
#include <cstring>

namespace timeloom {

namespace {

std::optional<at::ScalarType> float_type(tensor_type type) {
  switch (type) {
  case tensor_type::float32:
    return at::kFloat;
  case tensor_type::float16:
    return at::kHalf;
  case tensor_type::bfloat16:
    return at::kBFloat16;
  default:
    return {};
  }
}

/// The tensor where it lies in the file; a copy when it lies at an odd address, where it must not be read as numbers.
at::Tensor in_memory(const stored_tensor& stored, at::ScalarType type) {
  void* const data = const_cast<std::byte*>(stored.bytes.data()); // only read
  if (reinterpret_cast<std::uintptr_t>(data) % c10::elementSize(type) == 0)
    return at::from_blob(data, stored.shape, at::TensorOptions{type});
  auto copy = at::empty(stored.shape, at::TensorOptions{type});
  std::memcpy(copy.data_ptr(), data, stored.bytes.size());
  return copy;
}

/// In an arena, of all weights that the files have.
std::int64_t room_for_all(const weight_folder& files) {
  std::int64_t room = 0;
  for (const auto& [name, tensor] : files.tensors())
    if (const auto type = float_type(tensor->type))
      room += weight_arena::room_for(static_cast<std::int64_t>(tensor->bytes.size() / c10::elementSize(*type)));
  return room;
}

} // namespace

const stored_tensor* checkpoint_weights::find(const std::vector<std::string>& spellings) const {
  for (const auto& name : spellings)
    if (const auto* const found = files_->find(name))
      return found;
  return nullptr;
}

bool checkpoint_weights::has(std::string_view name) const {
  const auto parts = names_(name);
  return !parts.empty() && std::all_of(parts.begin(), parts.end(), [&](const auto& part) { return find(part); });
}

expected<at::Tensor> checkpoint_weights::read(std::string_view name, std::span<const std::int64_t> shape,
                                              std::span<const std::int64_t> rows) {
  const auto parts = names_(name);
  if (parts.empty() || (parts.size() > 1 && parts.size() != rows.size()))
    return fail(errc::internal, "no tensor is known as {}, or it has {} parts", name, parts.size());
  at::Tensor made;
  std::int64_t row = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::vector<std::int64_t> wanted{shape.begin(), shape.end()};
    if (parts.size() > 1)
      wanted.front() = rows[i];
    const auto* const stored = find(parts[i]);
    if (stored == nullptr)
      return fail(errc::not_found, "{} has no tensor {}", files_->path(), parts[i].front());
    const auto type = float_type(stored->type);
    if (!type)
      return fail(errc::unsupported, "{}: tensor {} is {}; expected F32, F16 or BF16", files_->path(), parts[i].front(),
                  to_string(stored->type));
    if (stored->shape != wanted)
      return fail(errc::corrupt_media, "{}: tensor {} has the shape {}; the configuration makes it {}", files_->path(),
                  parts[i].front(), shape_text(stored->shape), shape_text(wanted));
    if (!made.defined()) {
      if (arena_.bytes() == 0)
        arena_.reserve(room_for_all(*files_));
      made = arena_.take({shape.data(), shape.size()});
    }
    const auto into = parts.size() == 1 ? made : made.narrow(0, row, rows[i]);
    if (device_.is_cuda() && *type == dtype_) {
      if (!upload_)
        upload_.emplace(device_);
      upload_->copy(into, stored->bytes);
    } else {
      into.copy_(in_memory(*stored, *type));
    }
    row += wanted.front();
  }
  return made;
}

at::Tensor checkpoint_weights::take(std::string_view name, std::initializer_list<std::int64_t> shape,
                                    std::initializer_list<std::int64_t> rows) {
  if (wrong_)
    return {};
  auto made = caught([&] { return read(name, {shape.begin(), shape.size()}, {rows.begin(), rows.size()}); });
  if (made && *made)
    return std::move(**made);
  wrong_ = made ? made->error() : made.error();
  return {};
}

} // namespace timeloom
