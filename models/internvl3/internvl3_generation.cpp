#include "models/internvl3/internvl3_generation.hpp"

#include "models/libtorch.hpp"
#include "models/qwen2_lm/batch_of_plan.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <algorithm>
#include <array>

namespace timeloom {

namespace {

constexpr std::int64_t least_tokens = 64; // a step is not made smaller
constexpr std::int64_t steps_until_doubled = 256;

/// Steps of single tokens are recorded for these numbers of sequences; others are padded to the next.
constexpr std::array<std::int64_t, 9> recorded_rows{1, 2, 4, 8, 16, 24, 32, 48, 64};

bool overlap(const picture_span& picture, const planned_tokens& work) {
  return picture.first < work.end() && work.first < picture.end();
}

} // namespace

expected<std::unique_ptr<internvl3_generation>> internvl3_generation::create(const internvl3_network& network,
                                                                             const generation_limits& limits,
                                                                             const generation_counts& counts) {
  const auto blocks = limits.kv_bytes / (network.text.bytes_a_position() * kv_area::block_tokens) - 1; // one is spare
  if (blocks < 1)
    return fail(errc::exhausted, "{} bytes hold no {} positions, which take {} bytes each", limits.kv_bytes,
                2 * kv_area::block_tokens, network.text.bytes_a_position());
  return caught([&] {
    std::unique_ptr<internvl3_generation> made{new internvl3_generation{network, limits, blocks}};
    made->counts_ = counts;
    return made;
  });
}

internvl3_generation::internvl3_generation(const internvl3_network& network, const generation_limits& limits,
                                           std::int64_t blocks)
    : network_(&network),
      wished_(limits),
      limits_(limits),
      schedule_(blocks, kv_area::block_tokens, limits.step),
      area_(network.text.new_area((blocks + 1) * kv_area::block_tokens)) {}

std::int64_t internvl3_generation::kv_bytes() const {
  return network_->text.bytes_a_position() * kv_area::block_tokens * (schedule_.pool().size() + 1);
}

expected<void> internvl3_generation::check(const generation_prompt& prompt) const {
  std::int64_t tiles = 0;
  for (const auto& picture : prompt.pictures)
    tiles += picture.tiles.size(0);
  if (auto fits = network_->check(prompt.tokens, tiles, prompt.most_new); !fits)
    return fits;
  const auto tokens = static_cast<std::int64_t>(prompt.tokens.size()) + prompt.most_new;
  if (!schedule_.fits(tokens))
    return fail(errc::exhausted, "{} tokens of prompt and answer do not fit the {} for which there is memory", tokens,
                schedule_.pool().size() * kv_area::block_tokens);
  return {};
}

void internvl3_generation::add(sequence_id id, generation_prompt prompt) {
  std::vector<picture_span> spans;
  for (const auto& picture : prompt.pictures)
    spans.push_back(picture.span);
  schedule_.add(id, static_cast<std::int64_t>(prompt.tokens.size()), prompt.most_new,
                prefix_digests(prompt.tokens, spans, kv_area::block_tokens));
  token_sampler sampler{prompt.sampling};
  auto tokens = prompt.tokens;
  std::vector<at::Tensor> pictures(spans.size());
  sequences_.emplace(id, sequence{std::move(prompt), std::move(tokens), std::move(pictures), std::move(sampler)});
}

void internvl3_generation::remove(sequence_id id) {
  schedule_.remove(id);
  sequences_.erase(id);
}

void internvl3_generation::look_at_pictures(std::span<const planned_tokens> plan) {
  struct wanted {
    const generation_prompt::picture* picture;
    at::Tensor* into;
  };
  std::vector<wanted> all;
  for (const auto& work : plan) {
    auto& one = sequences_.at(work.sequence);
    for (std::size_t i = 0; i < one.pictures.size(); ++i)
      if (const auto& picture = one.prompt.pictures[i]; !one.pictures[i].defined() && overlap(picture.span, work))
        all.push_back({&picture, &one.pictures[i]});
  }
  for (std::size_t next = 0; next < all.size();) {
    std::vector<at::Tensor> tiles;
    std::int64_t count = 0;
    const auto first = next;
    do {
      tiles.push_back(all[next].picture->tiles.to(network_->device, network_->dtype, /*non_blocking=*/true));
      count += tiles.back().size(0);
    } while (++next < all.size() && count + all[next].picture->tiles.size(0) <= limits_.tiles);
    const auto seen = network_->vision.project(network_->vision.features(at::cat(tiles))).flatten(0, 1);
    counts_.tiles += static_cast<std::uint64_t>(count);
    std::int64_t row = 0;
    for (auto i = first; i < next; ++i) {
      *all[i].into = seen.narrow(0, row, all[i].picture->span.count);
      row += all[i].picture->span.count;
    }
  }
}

at::Tensor internvl3_generation::inputs(std::span<const planned_tokens> plan) {
  std::vector<std::int64_t> tokens;
  for (const auto& work : plan) {
    const auto first = sequences_.at(work.sequence).tokens.begin() + work.first;
    tokens.insert(tokens.end(), first, first + work.count);
  }
  auto made = network_->text.embed(at::tensor(tokens).to(network_->device));
  std::int64_t row = 0;
  for (const auto& work : plan) {
    const auto& one = sequences_.at(work.sequence);
    for (std::size_t i = 0; i < one.pictures.size(); ++i) {
      const auto& span = one.prompt.pictures[i].span;
      const auto first = std::max(span.first, work.first);
      const auto count = std::min(span.end(), work.end()) - first;
      if (count > 0)
        made.narrow(0, row + first - work.first, count).copy_(one.pictures[i].narrow(0, first - span.first, count));
    }
    row += work.count;
  }
  return made;
}

internvl3_generation::chosen internvl3_generation::compute_batch(std::span<const planned_tokens> plan) {
  look_at_pictures(plan);
  const auto batch = batch_of_plan(schedule_, plan, network_->text.attends_to_single_rows(), network_->device);
  auto hidden = network_->text.forward(inputs(plan), angles_of(network_->config.text, batch.positions), batch, area_);
  std::vector<std::int64_t> last;
  std::int64_t row = 0;
  for (const auto& work : plan) {
    row += work.count;
    if (work.chooses)
      last.push_back(row - 1);
  }
  if (last.empty()) {
    (void)hidden.narrow(0, 0, 1).to(at::kCPU); // waits: what fails must fail here
    return {};
  }
  auto logits = network_->text.logits(hidden.index_select(0, at::tensor(last).to(network_->device)));
  const auto likeliest = logits.argmax(-1).to(at::kCPU);
  const auto* const first = likeliest.data_ptr<std::int64_t>();
  return {{first, first + last.size()}, logits};
}

/// Null when there is none and no memory to record it.
decode_step* internvl3_generation::step_for(std::int64_t rows) {
  const auto padded = *std::ranges::lower_bound(recorded_rows, rows);
  const auto found = steps_.find(padded);
  if (found != steps_.end())
    return &found->second;
  if (!records_)
    return nullptr;
  const auto spare = static_cast<block_id>(schedule_.pool().size());
  const auto most_blocks =
      std::min(schedule_.pool().size(), network_->config.text.most_positions / kv_area::block_tokens + 1);
  const auto* const beside = steps_.empty() ? nullptr : &steps_.begin()->second;
  const auto made = caught([&] {
    return &steps_.try_emplace(padded, network_->text, area_, padded, most_blocks, spare, beside).first->second;
  });
  records_ = made.has_value();
  return made.value_or(nullptr);
}

internvl3_generation::chosen internvl3_generation::compute_recorded(std::span<const planned_tokens> plan) {
  auto* const step = step_for(static_cast<std::int64_t>(plan.size()));
  if (step == nullptr)
    return compute_batch(plan);
  std::vector<decode_step::row> rows;
  for (const auto& work : plan)
    rows.push_back({sequences_.at(work.sequence).tokens.back(), work.first, schedule_.blocks_of(work.sequence)});
  auto likeliest = step->run(rows);
  ++counts_.recorded_steps;
  return {std::move(likeliest), step->logits()};
}

internvl3_generation::chosen internvl3_generation::compute(std::span<const planned_tokens> plan) {
  if (before_computing)
    before_computing(plan);
  ++counts_.steps;
  const bool single = std::ranges::all_of(plan, [&](const auto& work) {
    return work.count == 1 &&
           work.first >= static_cast<std::int64_t>(sequences_.at(work.sequence).prompt.tokens.size());
  });
  const bool recorded = single && recorded_work::possible(network_->device) &&
                        network_->text.attends_to_single_rows() &&
                        static_cast<std::int64_t>(plan.size()) <= recorded_rows.back();
  auto made = recorded ? compute_recorded(plan) : compute_batch(plan);
  for (const auto& work : plan)
    if (work.chooses) {
      const auto row = static_cast<std::int64_t>(made.scores.size());
      const bool drawn = !sequences_.at(work.sequence).sampler.greedy();
      made.scores.push_back(drawn ? made.logits[row].to(at::kCPU).to(at::kFloat) : at::Tensor{});
    }
  return made;
}

void internvl3_generation::settle(std::span<const planned_tokens> plan, const chosen& tokens,
                                  std::vector<generated>& ended) {
  std::size_t choice = 0;
  for (const auto& work : plan) {
    auto& one = sequences_.at(work.sequence);
    if (work.first == schedule_.shared_by(work.sequence))
      counts_.shared_tokens += static_cast<std::uint64_t>(work.first);
    for (std::size_t i = 0; i < one.pictures.size(); ++i)
      if (auto& picture = one.prompt.pictures[i]; picture.span.end() <= work.end()) {
        picture.tiles.reset();
        one.pictures[i].reset();
      }
    schedule_.computed(work);
    if (!work.chooses)
      continue;
    auto token = tokens.likeliest[choice];
    if (const auto& scores = tokens.scores[choice]; scores.defined())
      token = one.sampler.choose({scores.data_ptr<float>(), static_cast<std::size_t>(scores.numel())});
    ++choice;
    const bool stopped = std::ranges::find(one.prompt.stop, token) != one.prompt.stop.end();
    if (!stopped)
      one.tokens.push_back(token);
    const auto made = static_cast<std::int64_t>(one.tokens.size() - one.prompt.tokens.size());
    if (!stopped && made < one.prompt.most_new)
      continue;
    ended.push_back({work.sequence,
                     std::vector<token_id>{one.tokens.end() - static_cast<std::ptrdiff_t>(made), one.tokens.end()},
                     !stopped});
    remove(work.sequence);
  }
}

void internvl3_generation::fail_one(sequence_id id, error why, std::vector<generated>& ended) {
  remove(id);
  ended.push_back({id, tl::unexpected{std::move(why)}, false});
}

bool internvl3_generation::halve(std::span<const planned_tokens> plan) {
  std::int64_t tokens = 0;
  for (const auto& work : plan)
    tokens += work.count;
  const auto before = limits_;
  if (plan.size() > 1)
    limits_.step.sequences = static_cast<std::int64_t>(plan.size()) / 2;
  limits_.step.tokens = std::min(limits_.step.tokens, std::max(least_tokens, tokens / 2));
  limits_.tiles = std::max<std::int64_t>(1, limits_.tiles / 2);
  schedule_.limit(limits_.step);
  release_unused_memory(network_->device);
  ++counts_.halvings;
  steps_since_halving_ = 0;
  return limits_.step != before.step || limits_.tiles != before.tiles;
}

/// Others may have needed the memory, and are gone.
void internvl3_generation::recover() {
  if (++steps_since_halving_ < steps_until_doubled)
    return;
  steps_since_halving_ = 0;
  limits_.step.sequences = std::min(wished_.step.sequences, 2 * limits_.step.sequences);
  limits_.step.tokens = std::min(wished_.step.tokens, 2 * limits_.step.tokens);
  limits_.tiles = std::min(wished_.tiles, 2 * limits_.tiles);
  schedule_.limit(limits_.step);
}

std::vector<generated> internvl3_generation::step() {
  std::vector<generated> ended;
  const auto plan = schedule_.plan();
  if (plan.empty())
    return ended;
  last_rows_ = static_cast<std::int64_t>(plan.size());
  auto tokens = caught([&] { return compute(plan); });
  if (tokens) {
    settle(plan, *tokens, ended);
    recover();
  } else if (tokens.error().code == errc::exhausted && halve(plan)) {
    // The next step is smaller.
  } else if (plan.size() == 1) {
    fail_one(plan.front().sequence, tokens.error(), ended);
  } else {
    ++counts_.singled_out;
    for (const auto& work : plan) {
      tokens = caught([&] { return compute({&work, 1}); });
      if (tokens)
        settle({&work, 1}, *tokens, ended);
      else
        fail_one(work.sequence, tokens.error(), ended);
    }
  }
  return ended;
}

} // namespace timeloom
