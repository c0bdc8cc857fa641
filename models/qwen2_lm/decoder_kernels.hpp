/// Kernels of ours for the small work between a decoder's matrix products: of each, one launch and one pass over the
/// data. decoder_kernels_cuda.cpp launches those of kernels.cu; where they were not built, decoder_kernels_none.cpp
/// says so, and nobody calls them. Tensors are contiguous and on one device; what they do is said in decoder_steps.hpp.
#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>

namespace timeloom::decoder_kernels {

/// Whether they compute on tensors such as this one.
bool computes(const at::Tensor& like);

/// Whether `attend_to_single` does, for so many query heads to a key head of that size.
bool attends(const at::Tensor& like, std::int64_t group, std::int64_t head_size);

at::Tensor add_and_norm(at::Tensor& sum, const at::Tensor& more, const at::Tensor& weight, double epsilon);
at::Tensor gated(const at::Tensor& gate_up);
at::Tensor turn_and_keep(const at::Tensor& all, const at::Tensor& cosines, const at::Tensor& sines,
                         const at::Tensor& slots, at::Tensor& keys, at::Tensor& values);
void attend_to_single(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                      const at::Tensor& lengths, const at::Tensor& blocks, at::Tensor& made);

} // namespace timeloom::decoder_kernels
