#include "bench/gpu/vlm_moves.hpp"

#include "bench/gpu/vlm_steps.hpp"
#include "model_analyzers/internvl3_backing.hpp"
#include "model_cache/model_cache.hpp"
#include "models/libtorch.hpp"

#include <ATen/ATen.h>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>

namespace timeloom {

namespace {

using nlohmann::json;

/// Bytes that are made and forgotten, so that what a lease of it takes is the other's eviction.
class rival final : public model_backing {
public:
  rival(c10::Device device, std::int64_t bytes) : device_(device), bytes_(bytes) {}

  std::int64_t expected_load_bytes() const override { return bytes_; }
  expected<std::int64_t> load() override {
    return caught([&] {
      held_ = at::empty({bytes_}, at::TensorOptions{at::kByte}.device(device_));
      return bytes_;
    });
  }
  expected<void> offload() override { return fail(errc::unsupported, "not worth it"); }
  expected<void> restore() override { return fail(errc::unsupported, "it has no copy"); }
  void drop_device() override {
    held_.reset();
    release_unused_memory(device_);
  }
  void drop_host() override {}
  expected<std::uint64_t> check_value() override { return 0; }

private:
  c10::Device device_;
  std::int64_t bytes_;
  at::Tensor held_;
};

/// Of so many requests, each alone: in a batch, half precision rounds otherwise with each size.
std::vector<std::vector<token_id>> answers_of(internvl3_engine& engine, int requests) {
  std::vector<std::vector<token_id>> made;
  for (int i = 0; i < requests; ++i) {
    picture_tiles picture{1, engine.tiling().side, {}};
    for (int sample = 0; sample < 3 * picture.side * picture.side; ++sample)
      picture.samples.push_back(static_cast<float>(sample / 40 % (i + 2)) / 4 - 1);
    caption_request one;
    one.pictures.push_back(std::make_shared<const picture_tiles>(std::move(picture)));
    one.prompt = "x x x";
    one.generation.max_new_tokens = 16;
    one.generation.ignore_stop = true;
    made.push_back(must(engine.submit(std::move(one)).get()).tokens);
  }
  return made;
}

} // namespace

int print_moves(const engine_options& options) {
  auto start = steady::now();
  auto backing = std::make_unique<internvl3_backing>(options, options.kv_bytes);
  auto& model = *backing;
  const auto budget = must(model.load());
  json made{{"load_s", seconds_since(start)}, {"device_bytes", budget}, {"host_bytes", model.host_bytes(budget)}};
  model.drop_device();
  start = steady::now();
  model_cache cache{
      {.device_budget_bytes = budget + (budget >> 4), .host_budget_bytes = model.host_bytes(budget), .seconds = {}}};
  if (!cache.add("model", std::move(backing)) || !cache.add("rival", std::make_unique<rival>(options.device, budget)))
    return 1;
  std::vector<std::vector<token_id>> known;
  for (int round = 0; round < 5; ++round) {
    json one;
    const auto before = cache.statistics();
    {
      start = steady::now();
      const auto leased = must(cache.lease("model"));
      one[round == 0 ? "load_s" : "restore_s"] = seconds_since(start);
      start = steady::now();
      (void)answers_of(model.engine(), 1);
      one["first_answer_s"] = seconds_since(start);
      start = steady::now();
      const auto answers = answers_of(model.engine(), options.max_batch_size);
      one["answers_s"] = seconds_since(start);
      if (round == 0)
        known = answers;
      one["same"] = std::inner_product(known.begin(), known.end(), answers.begin(), 0, std::plus{}, std::equal_to{});
      start = steady::now();
      (void)answers_of(model.engine(), 1);
      one["answer_again_s"] = seconds_since(start);
      if (round == 0) {
        start = steady::now();
        cache.copy_ahead(leased);
        one["copy_s"] = seconds_since(start);
      }
      start = steady::now();
      (void)model.check_value();
      one["check_s"] = seconds_since(start);
    }
    const auto held = memory_of(options.device).reserved;
    (void)must(cache.lease("rival"));
    const auto after = cache.statistics();
    one["evictions"] = after.evictions.count - before.evictions.count;
    one["evict_s"] = after.evictions.seconds - before.evictions.seconds;
    one["restored_s"] = after.restores.seconds - before.restores.seconds;
    one["corrupt"] = after.corrupt_restores.count;
    one["reserved_bytes"] = held;
    made["rounds"].push_back(one);
  }
  for (const auto& status : cache.models())
    made["places"][status.id] = static_cast<int>(status.place);
  std::cout << made.dump() << std::endl;
  return 0;
}

} // namespace timeloom
