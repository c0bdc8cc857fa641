#include "models/qwen2_lm/decode_step.hpp"

#include "models/qwen2_lm/batch_of_plan.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <algorithm>

namespace timeloom {

decode_step::decode_step(const qwen2_decoder& decoder, kv_area& area, std::int64_t rows, std::int64_t most_blocks,
                         block_id spare, const decode_step* beside)
    : decoder_(&decoder), area_(&area), spare_(spare) {
  const auto device = area.keys.front().device();
  const auto pinned = [&](at::IntArrayRef shape, at::ScalarType type) {
    return at::empty(shape, at::TensorOptions{type}.pinned_memory(true)).zero_();
  };
  host_numbers_ = pinned({3, rows}, at::kLong);
  host_blocks_ = pinned({rows, most_blocks}, at::kInt).fill_(spare);
  host_numbers_[2].fill_(slot_of({&spare_, 1}, 0)); // recording computes too, and nobody's keys are to be written over
  numbers_ = host_numbers_.to(device);
  blocks_ = host_blocks_.to(device);
  recorded_.emplace([this] { compute(); }, beside != nullptr ? &*beside->recorded_ : nullptr);
}

void decode_step::compute() {
  token_batch batch;
  batch.positions = numbers_[1];
  batch.slots = numbers_[2];
  batch.single = rows();
  batch.lengths = batch.positions.to(at::kInt).add_(1);
  batch.blocks = blocks_;
  const auto angles = angles_of(decoder_->config(), batch.positions);
  logits_ = decoder_->logits(decoder_->forward(decoder_->embed(numbers_[0]), angles, batch, *area_));
  likeliest_ = logits_.argmax(-1);
}

std::vector<token_id> decode_step::run(std::span<const row> rows) {
  auto* const numbers = host_numbers_.data_ptr<std::int64_t>();
  auto* const table = host_blocks_.data_ptr<std::int32_t>();
  const auto all = this->rows();
  const auto width = host_blocks_.size(1);
  for (std::int64_t i = 0; i < all; ++i) {
    const bool padding = i >= static_cast<std::int64_t>(rows.size());
    const auto one = padding ? row{0, 0, {&spare_, 1}} : rows[static_cast<std::size_t>(i)];
    numbers[i] = one.token;
    numbers[all + i] = one.position;
    numbers[2 * all + i] = slot_of(one.blocks, one.position);
    std::ranges::copy(one.blocks, table + i * width);
  }
  numbers_.copy_(host_numbers_, /*non_blocking=*/true);
  blocks_.copy_(host_blocks_, /*non_blocking=*/true);
  recorded_->repeat();
  const auto made = likeliest_.to(at::kCPU); // waits for it
  const auto* const first = made.data_ptr<std::int64_t>();
  return {first, first + rows.size()};
}

} // namespace timeloom
