#include "media/block_mean.hpp"

#include <algorithm>

// The hot loops are compiled for AVX2 as well and chosen at start; GCC vectorises them as they are.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define TIMELOOM_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define TIMELOOM_CLONES
#endif

namespace timeloom {

namespace {

TIMELOOM_CLONES void add_row_8(const std::uint8_t* __restrict row, std::uint16_t* __restrict sums, int count) {
  for (int x = 0; x < count; ++x)
    sums[x] = static_cast<std::uint16_t>(sums[x] + row[x]);
}

TIMELOOM_CLONES void add_row_16(const std::uint16_t* __restrict row, std::uint32_t* __restrict sums, int count) {
  for (int x = 0; x < count; ++x)
    sums[x] += row[x];
}

/// Adds up `block_width` neighbours, `step` apart, and divides by `divisor` (their count, scaled to 8 bits).
template <int fixed_width, class Sum>
void fold_columns(const Sum* sums, int width, int step, int block_width, int rows, int shift, std::uint8_t* out) {
  const int block = fixed_width > 0 ? fixed_width : block_width;
  const int whole = width / block;
  const auto count = static_cast<std::uint64_t>(block) * static_cast<std::uint64_t>(rows);
  const std::uint64_t reciprocal = ((std::uint64_t{1} << 32) / count) >> shift;
  const std::uint64_t half = std::uint64_t{1} << 31;
  for (int x = 0; x < whole; ++x) {
    std::uint64_t sum = 0;
    for (int i = 0; i < block; ++i)
      sum += sums[(x * block + i) * step];
    out[x] = static_cast<std::uint8_t>(std::min<std::uint64_t>((sum * reciprocal + half) >> 32, 255));
  }
  if (const int rest = width - whole * block; rest > 0) {
    std::uint64_t sum = 0;
    for (int i = 0; i < rest; ++i)
      sum += sums[(whole * block + i) * step];
    const auto n = static_cast<std::uint64_t>(rest) * static_cast<std::uint64_t>(rows) << shift;
    out[whole] = static_cast<std::uint8_t>(std::min<std::uint64_t>((sum + n / 2) / n, 255));
  }
}

template <class Sum>
void fold(const Sum* sums, const stored_plane& source, int block_width, int rows, std::uint8_t* out) {
  const int shift = source.depth - 8;
  const auto call = [&](auto width) {
    fold_columns<decltype(width)::value>(sums, source.width, source.step, block_width, rows, shift, out);
  };
  switch (block_width) {
  case 2:
    return call(std::integral_constant<int, 2>{});
  case 3:
    return call(std::integral_constant<int, 3>{});
  case 4:
    return call(std::integral_constant<int, 4>{});
  case 8:
    return call(std::integral_constant<int, 8>{});
  default:
    return call(std::integral_constant<int, 0>{});
  }
}

} // namespace

void block_mean(const stored_plane& source, int block_width, int block_height, plane& reduced,
                std::vector<std::uint32_t>& row_sums) {
  const int out_width = (source.width + block_width - 1) / block_width;
  const int out_height = (source.height + block_height - 1) / block_height;
  reduced.resize(out_width, out_height);
  const int samples = source.width * source.step; // of a row, neighbours of the other plane included
  row_sums.resize(static_cast<std::size_t>(samples));
  auto* narrow = reinterpret_cast<std::uint16_t*>(row_sums.data());
  for (int y = 0; y < out_height; ++y) {
    const int first = y * block_height;
    const int rows = std::min(block_height, source.height - first);
    const auto* row = source.data + first * source.stride_bytes;
    if (source.depth == 8) {
      std::fill_n(narrow, samples, std::uint16_t{0});
      for (int i = 0; i < rows; ++i, row += source.stride_bytes)
        add_row_8(row, narrow, samples - source.step + 1);
      fold(narrow, source, block_width, rows, reduced.row(y));
    } else {
      std::fill_n(row_sums.data(), samples, 0U);
      for (int i = 0; i < rows; ++i, row += source.stride_bytes)
        add_row_16(reinterpret_cast<const std::uint16_t*>(row), row_sums.data(), samples - source.step + 1);
      fold(row_sums.data(), source, block_width, rows, reduced.row(y));
    }
  }
}

} // namespace timeloom
