#include "media/block_mean.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

// The hot loops are compiled for AVX2 as well and chosen at start; GCC vectorises them as they are.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define TIMELOOM_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define TIMELOOM_CLONES
#endif

namespace timeloom {

namespace {

/// Of a map in 32 bits, for sums of small blocks, and in 64, for large blocks of deep samples.
constexpr int narrow_bits = 20, wide_bits = 40;

/// What a sum of samples is multiplied with and added to, in 2^-`bits`, to give a mapped and rounded level.
template <int bits>
struct fixed_map {
  std::int64_t factor = 0;
  std::int64_t offset = 0;

  fixed_map(const level_map& levels, std::int64_t samples, int depth)
      : factor(std::llround(std::ldexp(levels.gain, bits + 8 - depth) / static_cast<double>(samples))),
        offset(std::llround(std::ldexp(levels.bias + 0.5, bits))) {}

  std::uint8_t operator()(std::uint64_t sum) const {
    const auto level = (static_cast<std::int64_t>(sum) * factor + offset) >> bits;
    return static_cast<std::uint8_t>(std::clamp<std::int64_t>(level, 0, 255));
  }
};

TIMELOOM_CLONES void add_row_8(const std::uint8_t* __restrict row, std::uint16_t* __restrict sums, int count) {
  for (int x = 0; x < count; ++x)
    sums[x] = static_cast<std::uint16_t>(sums[x] + row[x]);
}

/// Four rows at once: the sums, which are larger than a row, are gone through a quarter as often.
TIMELOOM_CLONES void add_4_rows_8(const std::uint8_t* __restrict row, std::ptrdiff_t stride,
                                  std::uint16_t* __restrict sums, int count) {
  const auto *a = row, *b = a + stride, *c = b + stride, *d = c + stride;
  for (int x = 0; x < count; ++x)
    sums[x] = static_cast<std::uint16_t>(sums[x] + a[x] + b[x] + c[x] + d[x]);
}

TIMELOOM_CLONES void add_row_16(const std::uint16_t* __restrict row, std::uint32_t* __restrict sums, int count) {
  for (int x = 0; x < count; ++x)
    sums[x] += row[x];
}

TIMELOOM_CLONES void add_pairs(const std::uint16_t* __restrict sums, std::uint16_t* __restrict pairs, int count) {
  for (int x = 0; x < count; ++x)
    pairs[x] = static_cast<std::uint16_t>(sums[2 * x] + sums[2 * x + 1]);
}

/// Of its own because 720p is reduced by 3, and a loop of known length is four times as quick.
TIMELOOM_CLONES void add_triples(const std::uint16_t* __restrict sums, std::uint16_t* __restrict triples, int count) {
  for (int x = 0; x < count; ++x)
    triples[x] = static_cast<std::uint16_t>(sums[3 * x] + sums[3 * x + 1] + sums[3 * x + 2]);
}

void add_groups(const std::uint16_t* sums, std::uint16_t* groups, int count, int length) {
  for (int x = 0; x < count; ++x, sums += length)
    groups[x] = static_cast<std::uint16_t>(std::accumulate(sums, sums + length, 0));
}

TIMELOOM_CLONES void map_levels(const std::uint16_t* __restrict sums, int count, std::int32_t factor,
                                std::int32_t offset, std::uint8_t* __restrict out) {
  for (int x = 0; x < count; ++x)
    out[x] = static_cast<std::uint8_t>(std::clamp((sums[x] * factor + offset) >> narrow_bits, 0, 255));
}

/// Whole blocks of at most 16 by 16 samples of 8 bits: their sums fit 16 bits. `spare` is as long as `sums`.
void fold_small(std::uint16_t* sums, std::uint16_t* spare, int blocks, int block_width,
                const fixed_map<narrow_bits>& map, std::uint8_t* out) {
  int width = block_width;
  for (; width % 2 == 0; width /= 2, std::swap(sums, spare))
    add_pairs(sums, spare, blocks * width / 2);
  if (width > 1) {
    width == 3 ? add_triples(sums, spare, blocks) : add_groups(sums, spare, blocks, width);
    std::swap(sums, spare);
  }
  map_levels(sums, blocks, static_cast<std::int32_t>(map.factor), static_cast<std::int32_t>(map.offset), out);
}

template <class Sum>
void fold(const Sum* sums, int blocks, int step, int block_width, const fixed_map<wide_bits>& map, std::uint8_t* out) {
  for (int x = 0; x < blocks; ++x, sums += static_cast<std::ptrdiff_t>(block_width) * step) {
    std::uint64_t sum = 0;
    for (int i = 0; i < block_width; ++i)
      sum += sums[i * step];
    out[x] = map(sum);
  }
}

} // namespace

void block_mean(const stored_plane& source, int block_width, int block_height, const level_map& levels, plane& reduced,
                std::vector<std::uint32_t>& row_sums) {
  const int out_width = (source.width + block_width - 1) / block_width;
  const int out_height = (source.height + block_height - 1) / block_height;
  const int whole = source.width / block_width, rest = source.width % block_width;
  const bool small = block_width <= 16 && block_height <= 16 && source.step == 1;
  reduced.resize(out_width, out_height);
  const int samples = (source.width - 1) * source.step + 1; // of a row, neighbours of the other plane included
  row_sums.resize(static_cast<std::size_t>(source.width) * static_cast<std::size_t>(source.step));
  auto* narrow = reinterpret_cast<std::uint16_t*>(row_sums.data());
  for (int y = 0; y < out_height; ++y) {
    const int first = y * block_height;
    const int rows = std::min(block_height, source.height - first);
    const fixed_map<wide_bits> map{levels, std::int64_t{block_width} * rows, source.depth};
    const fixed_map<wide_bits> edge{levels, std::int64_t{std::max(rest, 1)} * rows, source.depth};
    const auto* row = source.data + first * source.stride_bytes;
    auto* out = reduced.row(y);
    const auto at_edge = static_cast<std::ptrdiff_t>(whole) * block_width * source.step;
    if (source.depth > 8) {
      std::fill_n(row_sums.data(), samples, 0U);
      for (int i = 0; i < rows; ++i, row += source.stride_bytes)
        add_row_16(reinterpret_cast<const std::uint16_t*>(row), row_sums.data(), samples);
      fold(row_sums.data(), whole, source.step, block_width, map, out);
      if (rest > 0)
        fold(row_sums.data() + at_edge, 1, source.step, rest, edge, out + whole);
      continue;
    }
    std::fill_n(narrow, samples, std::uint16_t{0});
    int i = 0;
    for (; i + 4 <= rows; i += 4, row += 4 * source.stride_bytes)
      add_4_rows_8(row, source.stride_bytes, narrow, samples);
    for (; i < rows; ++i, row += source.stride_bytes)
      add_row_8(row, narrow, samples);
    if (rest > 0)
      fold(narrow + at_edge, 1, source.step, rest, edge, out + whole);
    if (small)
      fold_small(narrow, narrow + source.width, whole, block_width,
                 fixed_map<narrow_bits>{levels, std::int64_t{block_width} * rows, source.depth}, out);
    else
      fold(narrow, whole, source.step, block_width, map, out);
  }
}

} // namespace timeloom
