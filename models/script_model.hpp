/// A network in a TorchScript file, and where its weights are.
///
/// The module itself (its code and its constants) stays once it was loaded; the weights can be copied to host memory,
/// pinned where the device is a GPU, leave the device and come back. One owner; `run` may be called by several threads
/// at once while nobody moves the weights.
#pragma once

#include "core/error.hpp"

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <cstdint>
#include <memory>
#include <string>

namespace timeloom {

class script_model {
public:
  /// Loads the file `path` onto `device` with weights of `dtype` (at::kFloat or at::kHalf). Fails with
  /// `errc::unsupported` when this libtorch cannot read the file (written by a newer one, say), else with what
  /// libtorch says.
  static expected<script_model> load(const std::string& path, c10::Device device, at::ScalarType dtype);

  script_model(script_model&&) noexcept;
  script_model& operator=(script_model&&) noexcept;
  ~script_model();

  /// The network's result for `input`: a tensor, or the first one of a tuple, list or dictionary.
  /// The weights must be on the device.
  expected<at::Tensor> run(const at::Tensor& input) const;

  c10::Device device() const;
  at::ScalarType dtype() const;
  /// Of the weights, wherever they are.
  std::int64_t bytes() const;

  /// Copies the weights to the host; those on the device stay.
  expected<void> copy_to_host();
  bool has_host_copy() const;
  void drop_host_copy();

  /// The weights on the device go; there must be a copy on the host.
  void leave_device();
  bool is_on_device() const;
  /// Copies them back from the host.
  expected<void> return_to_device();

  /// A checksum of the weights in use, which is the same for the same weights.
  expected<std::uint64_t> check_value() const;

private:
  struct state;
  explicit script_model(std::unique_ptr<state> made);

  std::unique_ptr<state> state_;
};

} // namespace timeloom
