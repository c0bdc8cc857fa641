// models/qwen2_lm/decoder_kernels.hpp by the kernels of kernels.cu.
#include "models/qwen2_lm/decoder_kernels.hpp"
#include "models/qwen2_lm/kernels.hpp"

#include <ATen/cuda/CUDAContext.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>

namespace timeloom::decoder_kernels {

namespace {

kernels::number type_of(const at::Tensor& x) {
  switch (x.scalar_type()) {
  case at::kFloat:
    return kernels::number::float32;
  case at::kHalf:
    return kernels::number::float16;
  default:
    return kernels::number::bfloat16;
  }
}

cudaStream_t stream() {
  return c10::cuda::getCurrentCUDAStream();
}

int count(std::int64_t of) {
  return static_cast<int>(of);
}

} // namespace

bool computes(const at::Tensor& like) {
  return like.is_cuda() && like.size(-1) % 8 == 0;
}

bool attends(const at::Tensor& like, std::int64_t group, std::int64_t head_size) {
  return like.is_cuda() && like.scalar_type() != at::kFloat && group <= 8 && (head_size == 64 || head_size == 128);
}

at::Tensor add_and_norm(at::Tensor& sum, const at::Tensor& more, const at::Tensor& weight, double epsilon) {
  auto made = at::empty_like(sum);
  C10_CUDA_CHECK(kernels::add_and_norm(type_of(sum), sum.data_ptr(), more.data_ptr(), weight.data_ptr(),
                                       made.data_ptr(), count(sum.size(0)), count(sum.size(1)),
                                       static_cast<float>(epsilon), stream()));
  return made;
}

at::Tensor gated(const at::Tensor& gate_up) {
  const auto width = gate_up.size(1) / 2;
  auto made = at::empty({gate_up.size(0), width}, gate_up.options());
  C10_CUDA_CHECK(
      kernels::gated(type_of(made), gate_up.data_ptr(), made.data_ptr(), count(made.size(0)), count(width), stream()));
  return made;
}

at::Tensor turn_and_keep(const at::Tensor& all, const at::Tensor& cosines, const at::Tensor& sines,
                         const at::Tensor& slots, at::Tensor& keys, at::Tensor& values) {
  const auto key_heads = keys.size(1);
  const auto heads = all.size(1) - 2 * key_heads;
  auto queries = at::empty({all.size(0), heads, all.size(2)}, all.options());
  C10_CUDA_CHECK(kernels::turn_and_keep(type_of(all), all.data_ptr(), cosines.data_ptr<float>(),
                                        sines.data_ptr<float>(), slots.data_ptr<std::int64_t>(), queries.data_ptr(),
                                        keys.data_ptr(), values.data_ptr(), count(all.size(0)), count(heads),
                                        count(key_heads), count(all.size(2)), stream()));
  return queries;
}

void attend_to_single(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                      const at::Tensor& lengths, const at::Tensor& blocks, at::Tensor& made) {
  kernels::attention_shape shape;
  shape.rows = count(queries.size(0));
  shape.key_heads = count(keys.size(1));
  shape.group = count(queries.size(1) / keys.size(1));
  shape.size = count(queries.size(2));
  shape.table = count(blocks.size(1));
  shape.parts = kernels::attention_parts(shape.rows, shape.key_heads,
                                         at::cuda::getCurrentDeviceProperties()->multiProcessorCount);
  const auto partial = at::empty({std::int64_t{shape.rows} * shape.heads() * shape.parts * (shape.size + 2)},
                                 queries.options().dtype(at::kFloat));
  C10_CUDA_CHECK(kernels::attend(type_of(queries), shape, queries.data_ptr(), keys.data_ptr(), values.data_ptr(),
                                 lengths.data_ptr<std::int32_t>(), blocks.data_ptr<std::int32_t>(),
                                 partial.data_ptr<float>(), made.data_ptr(), stream()));
}

} // namespace timeloom::decoder_kernels
