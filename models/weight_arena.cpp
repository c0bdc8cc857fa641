#include "models/weight_arena.hpp"

#include "models/libtorch.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <algorithm>

namespace timeloom {

namespace {

/// Pinned memory is made in parts of this size, so that others get at the device in between.
constexpr std::int64_t part_bytes = std::int64_t{256} << 20;

} // namespace

void weight_arena::reserve(std::int64_t elements) {
  whole_ = at::empty({elements}, at::TensorOptions{dtype_}.device(device_));
}

at::Tensor weight_arena::take(at::IntArrayRef shape) {
  const auto numel = c10::multiply_integers(shape);
  const auto room = room_for(numel);
  TORCH_CHECK(whole_.defined() && used_ + room <= whole_.numel(), "no room for ", numel, " weights more");
  auto made = whole_.narrow(0, used_, numel).view(shape);
  whole_.narrow(0, used_ + numel, room - numel).zero_(); // the check value covers it
  used_ += room;
  return made;
}

expected<void> weight_arena::copy_to_host() {
  auto copied = caught([&] {
    const compute_scope scope{device_};
    const auto part = part_bytes / static_cast<std::int64_t>(whole_.element_size());
    std::vector<at::Tensor> parts;
    for (std::int64_t first = 0; first < used_; first += part) {
      const auto here = whole_.narrow(0, first, std::min(part, used_ - first));
      parts.push_back(host_memory(here.numel(), dtype_, device_));
      parts.back().copy_(here);
    }
    return parts;
  });
  if (!copied)
    return tl::unexpected{copied.error()};
  on_host_ = std::move(*copied);
  return {};
}

void weight_arena::leave_device() {
  whole_.storage().set_data_ptr({nullptr, device_});
  on_device_ = false;
}

expected<void> weight_arena::return_to_device() {
  auto back = caught([&] {
    const compute_scope scope{device_};
    auto fresh = at::empty({used_}, whole_.options());
    std::int64_t first = 0;
    for (const auto& part : on_host_) {
      fresh.narrow(0, first, part.numel()).copy_(part);
      first += part.numel();
    }
    return fresh;
  });
  if (!back)
    return tl::unexpected{back.error()};
  whole_.storage().set_data_ptr(back->storage().set_data_ptr({nullptr, device_}));
  on_device_ = true;
  return {};
}

expected<std::uint64_t> weight_arena::check_value() const {
  return caught([&] {
    // As whole numbers, each times an odd one that depends on its place, summed modulo 2^64: any change of one weight,
    // and of two that are swapped, shows. Part by part, as a part is there twice on the way.
    const compute_scope scope{device_};
    constexpr std::int64_t part = std::int64_t{1} << 23;
    constexpr std::int64_t prime = 0x100000001b3; // of FNV-1a
    const auto options = at::TensorOptions{device_}.dtype(at::kLong);
    const auto words = whole_.narrow(0, 0, used_).view(at::kLong);
    const auto places = at::arange(std::min(part, words.numel()), options) * 2 + 1;
    auto check = at::zeros({}, options);
    for (std::int64_t first = 0; first < words.numel(); first += part) {
      const auto some = words.narrow(0, first, std::min(part, words.numel() - first));
      check = check * prime + (some * places.narrow(0, 0, some.numel())).sum();
    }
    return static_cast<std::uint64_t>(check.item<std::int64_t>());
  });
}

} // namespace timeloom
