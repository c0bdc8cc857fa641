#include "models/script_model.hpp"

#include "models/libtorch.hpp"

#include <algorithm>
#include <torch/script.h>

namespace timeloom {

struct script_model::state {
  torch::jit::Module module;
  c10::Device device;
  at::ScalarType dtype;
  std::vector<at::Tensor> weights; // parameters and buffers; they share their memory with the module's
  std::vector<at::Tensor> on_host; // copies of them, or none
  bool on_device = true;

  void use(const std::vector<at::Tensor>& values) {
    const c10::NoGradGuard no_gradients;
    for (std::size_t i = 0; i < weights.size(); ++i)
      weights[i].set_data(values[i]);
  }
};

namespace {

/// A copy of each tensor, in order.
template <class Function>
expected<std::vector<at::Tensor>> each_copied(const std::vector<at::Tensor>& tensors, Function copy) {
  const c10::NoGradGuard no_gradients;
  try {
    std::vector<at::Tensor> copies;
    for (const auto& tensor : tensors)
      copies.push_back(copy(tensor));
    return copies;
  } catch (const std::exception& thrown) {
    return tl::unexpected{libtorch_error(thrown)};
  }
}

/// The tensor that counts of what a network gives.
expected<at::Tensor> first_tensor(const c10::IValue& value) {
  if (value.isTensor())
    return value.toTensor();
  if (value.isTuple() && !value.toTupleRef().elements().empty())
    return first_tensor(value.toTupleRef().elements()[0]);
  if (value.isTensorList() && !value.toTensorVector().empty())
    return value.toTensorVector().front();
  if (value.isList() && !value.toListRef().empty())
    return first_tensor(value.toListRef()[0]);
  if (value.isGenericDict() && !value.toGenericDict().empty())
    return first_tensor(value.toGenericDict().begin()->value());
  return fail(errc::unsupported, "the model gives a {}, no tensor", value.tagKind());
}

error loading_error(const std::string& path, const std::exception& thrown) {
  auto reason = libtorch_error(thrown);
  const auto says = [&](const char* words) { return std::string{thrown.what()}.find(words) != std::string::npos; };
  if (says("maximum supported version") || says("Unknown builtin op") || says("Unknown type name") ||
      says("Unrecognized data format"))
    return {errc::unsupported,
            fmt::format("{} was written by another libtorch than this one ({}) can read; export it again with PyTorch "
                        "{} or older: {}",
                        path, libtorch_version(), libtorch_version(), reason.message)};
  if (says("PytorchStreamReader") || says("not a ZIP archive") || says("constants.pkl"))
    return {errc::unsupported, fmt::format("{} is no TorchScript file: {}", path, reason.message)};
  return {reason.code, fmt::format("cannot load {}: {}", path, reason.message)};
}

} // namespace

expected<script_model> script_model::load(const std::string& path, c10::Device device, at::ScalarType dtype) {
  try {
    // The optimising executor compiles anew for each size of a batch, which takes seconds, and gains nothing here.
    torch::jit::setGraphExecutorOptimize(false);
    auto module = torch::jit::load(path, device);
    module.eval();
    std::unique_ptr<state> made{new state{std::move(module), device, dtype, {}, {}}};
    for (const auto& weight : made->module.parameters())
      made->weights.push_back(weight);
    for (const auto& buffer : made->module.buffers())
      made->weights.push_back(buffer);
    // One after the other, so that only one is there twice. Whole numbers stay what they are; convolutions in half
    // precision are fastest in this layout.
    const c10::NoGradGuard no_gradients;
    for (auto& weight : made->weights) {
      const auto typed = weight.is_floating_point() ? weight.detach().to(dtype) : weight.detach();
      weight.set_data(device.is_cuda() && typed.dim() == 4 ? typed.contiguous(at::MemoryFormat::ChannelsLast) : typed);
    }
    return script_model{std::move(made)};
  } catch (const std::exception& thrown) {
    return tl::unexpected{loading_error(path, thrown)};
  }
}

script_model::script_model(std::unique_ptr<state> made) : state_(std::move(made)) {}
script_model::script_model(script_model&&) noexcept = default;
script_model& script_model::operator=(script_model&&) noexcept = default;
script_model::~script_model() = default;

expected<at::Tensor> script_model::run(const at::Tensor& input) const {
  try {
    auto& module = const_cast<torch::jit::Module&>(state_->module); // `forward` is not const, and changes nothing
    return first_tensor(module.forward({input}));
  } catch (const std::exception& thrown) {
    return tl::unexpected{libtorch_error(thrown)};
  }
}

c10::Device script_model::device() const {
  return state_->device;
}

at::ScalarType script_model::dtype() const {
  return state_->dtype;
}

std::int64_t script_model::bytes() const {
  std::int64_t bytes = 0;
  for (const auto& weight : state_->weights)
    bytes += static_cast<std::int64_t>(weight.nbytes());
  return bytes;
}

expected<void> script_model::copy_to_host() {
  const bool pinned = state_->device.is_cuda();
  auto copies = each_copied(state_->weights, [&](const at::Tensor& weight) {
    auto host = at::empty_like(weight, weight.options().device(at::kCPU).pinned_memory(pinned));
    host.copy_(weight);
    return host;
  });
  if (!copies)
    return tl::unexpected{copies.error()};
  state_->on_host = std::move(*copies);
  return {};
}

bool script_model::has_host_copy() const {
  return state_->on_host.size() == state_->weights.size();
}

void script_model::drop_host_copy() {
  state_->on_host.clear();
}

void script_model::leave_device() {
  state_->use(state_->on_host);
  state_->on_device = false;
}

bool script_model::is_on_device() const {
  return state_->on_device;
}

expected<void> script_model::return_to_device() {
  auto copies = each_copied(state_->on_host, [&](const at::Tensor& host) {
    auto there = at::empty_like(host, host.options().device(state_->device).pinned_memory(false));
    there.copy_(host);
    return there;
  });
  if (!copies)
    return tl::unexpected{copies.error()};
  state_->use(*copies);
  state_->on_device = true;
  return {};
}

expected<std::uint64_t> script_model::check_value() const {
  try {
    // The bytes as integers, each times an odd number that depends on its place, summed modulo 2^64 on the device: any
    // change of one weight, and of two that are swapped, shows. Part by part, as each byte takes 16 on the way.
    constexpr std::int64_t part = std::int64_t{1} << 21;
    constexpr std::int64_t prime = 0x100000001b3; // of FNV-1a
    const auto whole = at::TensorOptions{state_->device}.dtype(at::kLong);
    const auto places = at::arange(part, whole) * 2 + 1;
    auto check = at::zeros({}, whole);
    for (const auto& weight : state_->weights) {
      const auto dense = weight.is_non_overlapping_and_dense() ? weight.detach() : weight.detach().contiguous();
      const auto bytes = dense.as_strided({dense.numel()}, {1}).view(at::kByte); // in the order of the memory
      for (std::int64_t begin = 0; begin < bytes.numel(); begin += part) {
        const auto some = bytes.narrow(0, begin, std::min(part, bytes.numel() - begin)).to(at::kLong);
        check = check * prime + (some * places.narrow(0, 0, some.numel())).sum();
      }
    }
    return static_cast<std::uint64_t>(check.item<std::int64_t>());
  } catch (const std::exception& thrown) {
    return tl::unexpected{libtorch_error(thrown)};
  }
}

} // namespace timeloom
