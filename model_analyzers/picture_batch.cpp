#include "model_analyzers/picture_batch.hpp"

#include "analyzers/letterbox.hpp"

#include <ATen/ATen.h>
#include <cstring>

namespace timeloom {

namespace {

/// The pictures [begin, end) of `frames`, which have one size: (n, 3, height, width) on the device, in
/// [0, 255 / scale].
at::Tensor uploaded(std::span<const sampled_frame> frames, double scale, compute_scope& scope, at::ScalarType dtype) {
  const auto [width, height] = frames.front().size;
  const auto count = static_cast<std::int64_t>(frames.size());
  // libtorch keeps pinned memory for the next batch, and not before the copy from it is through.
  auto staged =
      at::empty({count, height, width, 3}, at::TensorOptions{at::kByte}.pinned_memory(scope.device().is_cuda()));
  auto* target = staged.data_ptr<std::uint8_t>();
  for (const auto& frame : frames) {
    std::memcpy(target, frame.pixels.data(), frame.pixels.size());
    target += frame.pixels.size();
  }
  return scope.upload(staged).flip(3).permute({0, 3, 1, 2}).to(dtype).div_(scale);
}

at::Tensor scaled(const at::Tensor& pictures, int width, int height) {
  if (pictures.size(2) == height && pictures.size(3) == width)
    return pictures;
  return at::upsample_bilinear2d(pictures, {height, width}, /*align_corners=*/false);
}

at::Tensor fitted(const at::Tensor& pictures, const network_input& wanted) {
  const auto [width, height] = wanted.size;
  if (wanted.fit == picture_fit::stretch)
    return scaled(pictures, width, height);
  const auto fit = fit_letterbox(static_cast<int>(pictures.size(3)), static_cast<int>(pictures.size(2)), width, height);
  const auto inner = scaled(pictures, fit.width, fit.height);
  return at::constant_pad_nd(inner,
                             {fit.pad_x, width - fit.width - fit.pad_x, fit.pad_y, height - fit.height - fit.pad_y},
                             letterbox_fill / wanted.values.scale);
}

} // namespace

at::Tensor picture_batch(std::span<const sampled_frame> frames, const network_input& wanted, compute_scope& scope,
                         at::ScalarType dtype) {
  std::vector<at::Tensor> parts;
  for (std::size_t begin = 0, end = 0; begin < frames.size(); begin = end) {
    while (end < frames.size() && frames[end].size == frames[begin].size)
      ++end;
    parts.push_back(fitted(uploaded(frames.subspan(begin, end - begin), wanted.values.scale, scope, dtype), wanted));
  }
  auto batch = parts.size() == 1 ? parts.front() : at::cat(parts);
  if (wanted.values.mean == model_normalisation{}.mean && wanted.values.std == model_normalisation{}.std)
    return batch;
  const auto on_channels = [&](const std::array<double, 3>& values) {
    return at::tensor(at::ArrayRef<double>{values.data(), 3}).to(batch.options()).reshape({1, 3, 1, 1});
  };
  return (batch - on_channels(wanted.values.mean)) / on_channels(wanted.values.std);
}

} // namespace timeloom
