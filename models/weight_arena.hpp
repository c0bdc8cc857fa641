/// The weights of a network in one piece of memory, which can leave the device and come back.
///
/// The tensors that `take` gives are views: where the piece is, there they are, and while it is nowhere they must not
/// be used. Without a copy on the host it must not leave. One owner moves it, while nobody computes; the copy may be
/// made, and the check value computed, while others read.
#pragma once

#include "core/error.hpp"

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>
#include <cstdint>
#include <vector>

namespace timeloom {

class weight_arena {
public:
  /// How many elements of it a tensor of so many takes: they begin where every kernel reads well.
  static std::int64_t room_for(std::int64_t elements) { return (elements + alignment - 1) / alignment * alignment; }

  /// Without room.
  explicit weight_arena(c10::Device device, at::ScalarType dtype) : device_(device), dtype_(dtype) {}

  /// Room for so many elements; before any `take`. Throws what libtorch throws.
  void reserve(std::int64_t elements);

  /// A tensor of that shape whose numbers are yet to be written. Throws what libtorch throws, also when it is full.
  at::Tensor take(at::IntArrayRef shape);

  /// Of what was taken, wherever it is.
  std::int64_t bytes() const { return used_ * static_cast<std::int64_t>(c10::elementSize(dtype_)); }

  /// Copies the weights to the host (pinned where the device is a GPU); those on the device stay.
  expected<void> copy_to_host();
  bool has_host_copy() const { return !on_host_.empty(); }
  void drop_host_copy() { on_host_.clear(); }

  void leave_device();
  bool is_on_device() const { return on_device_; }
  expected<void> return_to_device();

  /// A checksum of the weights on the device, which is the same for the same weights.
  expected<std::uint64_t> check_value() const;

private:
  static constexpr std::int64_t alignment = 256;

  c10::Device device_;
  at::ScalarType dtype_;
  at::Tensor whole_; // (room)
  std::int64_t used_ = 0;
  bool on_device_ = true;
  std::vector<at::Tensor> on_host_; // one part after another, or none
};

} // namespace timeloom
