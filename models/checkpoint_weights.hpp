/// The weights of a network, from the files of a checkpoint onto a device. For one thread.
#pragma once

#include "models/libtorch.hpp"
#include "models/safetensors.hpp"
#include "models/weight_arena.hpp"

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

namespace timeloom {

class checkpoint_weights {
public:
  /// Of one of our tensors, the parts in the files, each as the names it may have; empty when there is none of that
  /// name (see internvl3/tensor_names.hpp).
  using naming = std::function<std::vector<std::vector<std::string>>(std::string_view)>;

  /// Tensors will be on `device`, of `dtype` (at::kFloat, at::kHalf or at::kBFloat16) whatever the files hold.
  /// `files` must outlive it. On a GPU they hold their numbers once it is destroyed.
  checkpoint_weights(const weight_folder& files, naming names, c10::Device device, at::ScalarType dtype)
      : files_(&files), names_(std::move(names)), device_(device), dtype_(dtype), arena_(device, dtype) {}

  /// Whether the files hold all parts of it.
  bool has(std::string_view name) const;

  /// A copy of the tensor `name`, in the arena, which must have that shape; where the files have it in parts, `rows`
  /// are those of each. The first one that is missing or does not fit is kept as the error; what follows gives
  /// undefined tensors.
  at::Tensor take(std::string_view name, std::initializer_list<std::int64_t> shape,
                  std::initializer_list<std::int64_t> rows = {});

  /// What was wrong first: the tensor, as the files call it, and what was expected.
  const std::optional<error>& wrong() const { return wrong_; }

  /// Where the tensors are. Nothing can be taken any more.
  weight_arena take_arena() { return std::move(arena_); }

private:
  const stored_tensor* find(const std::vector<std::string>& spellings) const;
  expected<at::Tensor> read(std::string_view name, std::span<const std::int64_t> shape,
                            std::span<const std::int64_t> rows);

  const weight_folder* files_;
  naming names_;
  c10::Device device_;
  at::ScalarType dtype_;
  weight_arena arena_;
  std::optional<host_upload> upload_; // on a GPU
  std::optional<error> wrong_;
};

} // namespace timeloom
