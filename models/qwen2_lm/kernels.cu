#include "models/qwen2_lm/kernels.hpp"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace timeloom::kernels {

namespace {

__device__ float to_float(float x) {
  return x;
}
__device__ float to_float(__half x) {
  return __half2float(x);
}
__device__ float to_float(__nv_bfloat16 x) {
  return __bfloat162float(x);
}

template <class T>
__device__ T from_float(float x);
template <>
__device__ float from_float(float x) {
  return x;
}
template <>
__device__ __half from_float(float x) {
  return __float2half_rn(x);
}
template <>
__device__ __nv_bfloat16 from_float(float x) {
  return __float2bfloat16_rn(x);
}

/// Eight numbers that are loaded and stored at once.
template <class T>
struct alignas(16) eight {
  T of[8];
};

__device__ float summed_by_warp(float x) {
  for (int distance = 16; distance > 0; distance /= 2)
    x += __shfl_xor_sync(~0U, x, distance);
  return x;
}

constexpr int norm_threads = 512;

/// A thread block for each row.
template <class T>
__global__ void __launch_bounds__(norm_threads)
    add_and_norm_rows(T* sum, const T* more, const T* weight, T* made, int width, float epsilon) {
  auto* const sums = reinterpret_cast<eight<T>*>(sum + static_cast<std::size_t>(blockIdx.x) * width);
  const auto* const added = reinterpret_cast<const eight<T>*>(more + static_cast<std::size_t>(blockIdx.x) * width);
  auto* const out = reinterpret_cast<eight<T>*>(made + static_cast<std::size_t>(blockIdx.x) * width);
  const auto* const scales = reinterpret_cast<const eight<T>*>(weight);
  float squares = 0;
  for (int i = threadIdx.x; i < width / 8; i += norm_threads) {
    auto one = sums[i];
    const auto other = added[i];
    for (int j = 0; j < 8; ++j) {
      one.of[j] = from_float<T>(to_float(one.of[j]) + to_float(other.of[j]));
      const float x = to_float(one.of[j]);
      squares += x * x;
    }
    sums[i] = one;
  }
  __shared__ float of_warps[norm_threads / 32];
  squares = summed_by_warp(squares);
  if (threadIdx.x % 32 == 0)
    of_warps[threadIdx.x / 32] = squares;
  __syncthreads();
  const float all = summed_by_warp(threadIdx.x % 32 < norm_threads / 32 ? of_warps[threadIdx.x % 32] : 0);
  const float scale = rsqrtf(all / static_cast<float>(width) + epsilon);
  for (int i = threadIdx.x; i < width / 8; i += norm_threads) {
    auto one = sums[i]; // its own
    const auto by = scales[i];
    for (int j = 0; j < 8; ++j)
      one.of[j] = from_float<T>(to_float(one.of[j]) * scale * to_float(by.of[j]));
    out[i] = one;
  }
}

template <class T>
__global__ void gate_rows(const T* gate_up, T* made, int rows, int width) {
  const std::int64_t eights = width / 8;
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= rows * eights)
    return;
  const auto* const both = reinterpret_cast<const eight<T>*>(gate_up) + i / eights * 2 * eights + i % eights;
  const auto gate = both[0];
  const auto up = both[eights];
  eight<T> out;
  for (int j = 0; j < 8; ++j) {
    const float x = to_float(gate.of[j]);
    out.of[j] = from_float<T>(x / (1 + __expf(-x)) * to_float(up.of[j]));
  }
  reinterpret_cast<eight<T>*>(made)[i] = out;
}

/// A thread block for each row and head, a thread for each pair of numbers that are turned.
template <class T>
__global__ void turn_heads(const T* all, const float* cosines, const float* sines, const std::int64_t* slots,
                           T* queries, T* keys, T* values, int heads, int key_heads) {
  const int half = blockDim.x;
  const std::size_t row = blockIdx.x;
  const int head = blockIdx.y;
  const std::size_t size = 2 * half;
  const T* const from = all + (row * (heads + 2 * key_heads) + head) * size + threadIdx.x;
  const bool query = head < heads;
  const bool value = head >= heads + key_heads;
  const auto place = [&](int of) { return (slots[row] * key_heads + of) * size + threadIdx.x; };
  T* const to = query   ? queries + (row * heads + head) * size + threadIdx.x
                : value ? values + place(head - heads - key_heads)
                        : keys + place(head - heads);
  if (value) {
    to[0] = from[0];
    to[half] = from[half];
    return;
  }
  const float c = cosines[row * half + threadIdx.x];
  const float s = sines[row * half + threadIdx.x];
  const float a = to_float(from[0]);
  const float b = to_float(from[half]);
  to[0] = from_float<T>(a * c - b * s);
  to[half] = from_float<T>(b * c + a * s);
}

// --- Attention of one row a sequence, after FlashDecoding (split positions, online softmax, merge).
//
// A warp looks at 16 positions at a time with matrix instructions of 16 x 8 x 16: the scores are keys (16 positions)
// times queries (up to 8 heads that share the key head), so the heads of a group cost nothing and keys and values are
// read once. In the fragments of these instructions lane 4 g + t has rows g and g + 8 and columns 2 t, 2 t + 1 (PTX ISA,
// "Matrix fragments for mma.m16n8k16"). Which number of a head is which column does not matter to a scalar product, so
// each lane loads 16 successive bytes of rows g and g + 8, for keys and queries alike.

template <class T>
__device__ void multiply_add(float (&c)[4], unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0,
                             unsigned b1);
template <>
__device__ void multiply_add<__nv_bfloat16>(float (&c)[4], unsigned a0, unsigned a1, unsigned a2, unsigned a3,
                                            unsigned b0, unsigned b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}
template <>
__device__ void multiply_add<__half>(float (&c)[4], unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0,
                                     unsigned b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

/// An 8 x 8 matrix of 16-bit numbers, a row in four lanes, mirrored at its diagonal.
__device__ unsigned mirrored(unsigned x) {
  unsigned y;
  asm("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(y) : "r"(x));
  return y;
}

__device__ unsigned packed(__nv_bfloat16, float low, float high) {
  const auto both = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<const unsigned*>(&both);
}
__device__ unsigned packed(__half, float low, float high) {
  const auto both = __floats2half2_rn(low, high);
  return *reinterpret_cast<const unsigned*>(&both);
}

constexpr int warps = 4;
constexpr int most_group = 8;
constexpr int block_tokens = 16;

/// A thread block for each key head, row and part. Leaves sums of values, weighted relative to the part's greatest
/// score, and that score and the sum of weights.
template <class T, int size>
__global__ void __launch_bounds__(32 * warps)
    attend_in_part(const T* queries, const T* keys, const T* values, const int* lengths, const int* blocks, int table,
                   int group, float scale, float* partial, float2* weights) {
  constexpr int chunks = size / 32; // of 16 bytes a lane
  const int key_heads = gridDim.x;
  const int key_head = blockIdx.x;
  const int row = blockIdx.y;
  const int part = blockIdx.z;
  const int parts = gridDim.z;
  const int warp = threadIdx.x / 32;
  const int lane = threadIdx.x % 32;
  const int g = lane / 4;
  const int t = lane % 4;
  const int length = lengths[row];
  const std::size_t first_head = static_cast<std::size_t>(row) * key_heads * group + key_head * group;

  uint4 query[chunks];
  for (int j = 0; j < chunks; ++j)
    query[j] = g < group ? *reinterpret_cast<const uint4*>(queries + (first_head + g) * size + 32 * j + 8 * t)
                         : make_uint4(0, 0, 0, 0);
  float sums[size / 16][4] = {};
  float greatest[2] = {-INFINITY, -INFINITY}; // of heads 2 t and 2 t + 1, as what follows
  float weight[2] = {0, 0};

  for (int tile = part * warps + warp; tile * block_tokens < length; tile += parts * warps) {
    const std::size_t slot = static_cast<std::size_t>(blocks[static_cast<std::size_t>(row) * table + tile]) * block_tokens;
    uint4 key[2][chunks], value[2][chunks];
    bool there[2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int position = g + 8 * half;
      there[half] = tile * block_tokens + position < length;
      const std::size_t from = ((slot + position) * key_heads + key_head) * size + 8 * t;
#pragma unroll
      for (int j = 0; j < chunks; ++j) {
        // What nobody wrote may be anything, and 0 times that is not always 0.
        key[half][j] = there[half] ? *reinterpret_cast<const uint4*>(keys + from + 32 * j) : make_uint4(0, 0, 0, 0);
        value[half][j] = there[half] ? *reinterpret_cast<const uint4*>(values + from + 32 * j) : make_uint4(0, 0, 0, 0);
      }
    }
    float score[4] = {}; // positions g, g and g + 8, g + 8 of heads 2 t, 2 t + 1
#pragma unroll
    for (int j = 0; j < chunks; ++j) {
      multiply_add<T>(score, key[0][j].x, key[1][j].x, key[0][j].y, key[1][j].y, query[j].x, query[j].y);
      multiply_add<T>(score, key[0][j].z, key[1][j].z, key[0][j].w, key[1][j].w, query[j].z, query[j].w);
    }
    float fade[2];
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      score[h] = there[0] ? score[h] * scale : -INFINITY;
      score[h + 2] = there[1] ? score[h + 2] * scale : -INFINITY;
      float now = fmaxf(score[h], score[h + 2]);
      for (int distance = 4; distance < 32; distance *= 2)
        now = fmaxf(now, __shfl_xor_sync(~0U, now, distance));
      now = fmaxf(now, greatest[h]); // finite: the tile has a position
      fade[h] = exp2f(greatest[h] - now);
      greatest[h] = now;
      score[h] = exp2f(score[h] - now);
      score[h + 2] = exp2f(score[h + 2] - now);
      weight[h] = weight[h] * fade[h] + score[h] + score[h + 2];
    }
    const unsigned b0 = mirrored(packed(T{}, score[0], score[1]));
    const unsigned b1 = mirrored(packed(T{}, score[2], score[3]));
#pragma unroll
    for (int j = 0; j < chunks; ++j) {
      float(&low)[4] = sums[2 * j];
      float(&high)[4] = sums[2 * j + 1];
      for (int i = 0; i < 4; ++i) {
        low[i] *= fade[i % 2];
        high[i] *= fade[i % 2];
      }
      multiply_add<T>(low, mirrored(value[0][j].x), mirrored(value[0][j].y), mirrored(value[1][j].x),
                      mirrored(value[1][j].y), b0, b1);
      multiply_add<T>(high, mirrored(value[0][j].z), mirrored(value[0][j].w), mirrored(value[1][j].z),
                      mirrored(value[1][j].w), b0, b1);
    }
  }

  __shared__ float all_sums[warps][most_group][size];
  __shared__ float all_greatest[warps][most_group];
  __shared__ float all_weights[warps][most_group];
#pragma unroll
  for (int h = 0; h < 2; ++h) {
    for (int distance = 4; distance < 32; distance *= 2)
      weight[h] += __shfl_xor_sync(~0U, weight[h], distance);
    if (g == 0) {
      all_greatest[warp][2 * t + h] = greatest[h];
      all_weights[warp][2 * t + h] = weight[h];
    }
    // The columns of the mirrored values: lane 4 g + t has 32 j + 8 (g / 2) + g % 2, and 2, 4 and 6 more.
    const int column = 8 * (g / 2) + g % 2;
#pragma unroll
    for (int j = 0; j < chunks; ++j)
      for (int i = 0; i < 2; ++i) {
        all_sums[warp][2 * t + h][32 * j + column + 2 * i] = sums[2 * j][2 * i + h];
        all_sums[warp][2 * t + h][32 * j + column + 4 + 2 * i] = sums[2 * j + 1][2 * i + h];
      }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < group * size; i += 32 * warps) {
    const int head = i / size;
    float most = all_greatest[0][head];
    for (int w = 1; w < warps; ++w)
      most = fmaxf(most, all_greatest[w][head]);
    float sum = 0, total = 0;
    for (int w = 0; w < warps; ++w) {
      const float share = all_weights[w][head] > 0 ? exp2f(all_greatest[w][head] - most) : 0;
      sum += all_sums[w][head][i % size] * share;
      total += all_weights[w][head] * share;
    }
    const std::size_t place = (first_head + head) * parts + part;
    partial[place * size + i % size] = sum;
    if (i % size == 0)
      weights[place] = make_float2(most, total);
  }
}

/// A thread block for each row and head, a thread for each column.
template <class T>
__global__ void merge_parts(const float* partial, const float2* weights, T* made, int parts) {
  const std::size_t head = blockIdx.x;
  const int size = blockDim.x;
  float most = -INFINITY;
  for (int part = 0; part < parts; ++part)
    most = fmaxf(most, weights[head * parts + part].x);
  float sum = 0, total = 0;
  for (int part = 0; part < parts; ++part) {
    const auto of = weights[head * parts + part];
    const float share = of.y > 0 ? exp2f(of.x - most) : 0;
    sum += partial[(head * parts + part) * size + threadIdx.x] * share;
    total += of.y * share;
  }
  made[head * size + threadIdx.x] = from_float<T>(sum / total);
}

/// Calls `launch` with a number of the type.
template <class Launch>
cudaError_t with_type(number of, Launch launch) {
  switch (of) {
  case number::float32:
    launch(float{});
    break;
  case number::float16:
    launch(__half{});
    break;
  case number::bfloat16:
    launch(__nv_bfloat16{});
    break;
  }
  return cudaGetLastError();
}

template <class T, int size>
void launch_attention(const attention_shape& shape, const void* queries, const void* keys, const void* values,
                      const int* lengths, const int* blocks, float* partial, float2* weights, cudaStream_t stream) {
  // exp(x / sqrt(size)) as a power of 2
  const float scale = 1.4426950408889634F / sqrtf(static_cast<float>(size));
  attend_in_part<T, size><<<dim3(shape.key_heads, shape.rows, shape.parts), 32 * warps, 0, stream>>>(
      static_cast<const T*>(queries), static_cast<const T*>(keys), static_cast<const T*>(values), lengths, blocks,
      shape.table, shape.group, scale, partial, weights);
}

template <class T>
void launch_both(const attention_shape& shape, const void* queries, const void* keys, const void* values,
                 const int* lengths, const int* blocks, float* partial, void* made, cudaStream_t stream) {
  auto* const weights =
      reinterpret_cast<float2*>(partial + static_cast<std::size_t>(shape.rows) * shape.heads() * shape.parts * shape.size);
  if (shape.size == 64)
    launch_attention<T, 64>(shape, queries, keys, values, lengths, blocks, partial, weights, stream);
  else
    launch_attention<T, 128>(shape, queries, keys, values, lengths, blocks, partial, weights, stream);
  merge_parts<<<shape.rows * shape.heads(), shape.size, 0, stream>>>(partial, weights, static_cast<T*>(made),
                                                                     shape.parts);
}

} // namespace

cudaError_t add_and_norm(number of, void* sum, const void* more, const void* weight, void* made, int rows, int width,
                         float epsilon, cudaStream_t stream) {
  return with_type(of, [&](auto type) {
    using T = decltype(type);
    add_and_norm_rows<<<rows, norm_threads, 0, stream>>>(static_cast<T*>(sum), static_cast<const T*>(more),
                                                         static_cast<const T*>(weight), static_cast<T*>(made), width,
                                                         epsilon);
  });
}

cudaError_t gated(number of, const void* gate_up, void* made, int rows, int width, cudaStream_t stream) {
  return with_type(of, [&](auto type) {
    using T = decltype(type);
    const auto count = static_cast<std::int64_t>(rows) * (width / 8);
    gate_rows<<<static_cast<unsigned>((count + 255) / 256), 256, 0, stream>>>(
        static_cast<const T*>(gate_up), static_cast<T*>(made), rows, width);
  });
}

cudaError_t turn_and_keep(number of, const void* all, const float* cosines, const float* sines,
                          const std::int64_t* slots, void* queries, void* keys, void* values, int rows, int heads,
                          int key_heads, int size, cudaStream_t stream) {
  return with_type(of, [&](auto type) {
    using T = decltype(type);
    turn_heads<<<dim3(rows, heads + 2 * key_heads), size / 2, 0, stream>>>(
        static_cast<const T*>(all), cosines, sines, slots, static_cast<T*>(queries), static_cast<T*>(keys),
        static_cast<T*>(values), heads, key_heads);
  });
}

int attention_parts(int rows, int key_heads, int multiprocessors) {
  const int parts = 4 * multiprocessors / (rows * key_heads);
  return parts < 1 ? 1 : parts > 32 ? 32 : parts;
}

cudaError_t attend(number of, const attention_shape& shape, const void* queries, const void* keys, const void* values,
                   const int* lengths, const int* blocks, float* partial, void* made, cudaStream_t stream) {
  if (of == number::bfloat16)
    launch_both<__nv_bfloat16>(shape, queries, keys, values, lengths, blocks, partial, made, stream);
  else if (of == number::float16)
    launch_both<__half>(shape, queries, keys, values, lengths, blocks, partial, made, stream);
  else
    return cudaErrorInvalidValue;
  return cudaGetLastError();
}

} // namespace timeloom::kernels
