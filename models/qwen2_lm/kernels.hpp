/// The CUDA kernels of a decoder layer, on raw device memory and a stream, free of libtorch's headers so that they
/// compile in seconds. Tensors are contiguous; `rows` and `width` count elements. What they compute is said in
/// decoder_steps.hpp; sums are kept in float32.
#pragma once

#include <cstdint>
#include <cuda_runtime_api.h>

namespace timeloom::kernels {

enum class number : std::uint8_t { float32, float16, bfloat16 };

/// `sum` += `more`, and its RMS norm times `weight` into `made`; all (rows, width), width a multiple of 8.
cudaError_t add_and_norm(number of, void* sum, const void* more, const void* weight, void* made, int rows, int width,
                         float epsilon, cudaStream_t stream);

/// (rows, 2 * width) into (rows, width), width a multiple of 8.
cudaError_t gated(number of, const void* gate_up, void* made, int rows, int width, cudaStream_t stream);

/// `all` is (rows, heads + 2 * key_heads, size), the angles (rows, size / 2), slots (rows).
cudaError_t turn_and_keep(number of, const void* all, const float* cosines, const float* sines,
                          const std::int64_t* slots, void* queries, void* keys, void* values, int rows, int heads,
                          int key_heads, int size, cudaStream_t stream);

/// How `attend` computes one row for each sequence.
struct attention_shape {
  int rows = 0;
  int key_heads = 0;
  int group = 0; ///< query heads to a key head, up to 8
  int size = 0;  ///< 64 or 128
  int table = 0; ///< columns of the table of blocks
  int parts = 0; ///< the positions are shared out to so many thread blocks

  int heads() const { return key_heads * group; }
};

/// How many parts fill a GPU with so many multiprocessors.
int attention_parts(int rows, int key_heads, int multiprocessors);

/// Queries (rows, heads, size), keys and values (slots, key_heads, size), lengths (rows), blocks (rows, table) of 16
/// slots each. `partial` has room for rows * heads * parts * (size + 2) floats. Of float16 or bfloat16.
cudaError_t attend(number of, const attention_shape& shape, const void* queries, const void* keys, const void* values,
                   const int* lengths, const int* blocks, float* partial, void* made, cudaStream_t stream);

} // namespace timeloom::kernels
