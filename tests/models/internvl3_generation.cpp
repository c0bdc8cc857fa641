#include <ATen/ATen.h> // before Catch2, whose CHECK that of libtorch 2 would replace

#include "models/internvl3/internvl3_generation.hpp"

#include "models/internvl3/internvl3_model.hpp"
#include "models/libtorch.hpp"
#include "tests/models/fixtures.hpp"

#include <random>

namespace timeloom {

using tests::fixture;

namespace {

const c10::Device cpu{c10::kCPU};

const internvl3_network& network() {
  static const auto loaded = internvl3_network::load(fixture("internvl3/hf"), cpu, at::kFloat, {});
  REQUIRE(loaded);
  return *loaded;
}

const internvl3_model& plain_model() {
  static const auto loaded = internvl3_model::load(fixture("internvl3/hf"), cpu, at::kFloat);
  REQUIRE(loaded);
  return *loaded;
}

std::int64_t bytes_of(std::int64_t blocks) {
  return (blocks + 1) * kv_area::block_tokens * network().text.bytes_a_position();
}

std::unique_ptr<internvl3_generation> generation(std::int64_t blocks = 100, step_limits step = {256, 8},
                                                 std::int64_t tiles = 4) {
  auto made = internvl3_generation::create(network(), {bytes_of(blocks), step, tiles});
  REQUIRE(made);
  return std::move(*made);
}

at::Tensor noise(int tiles, int seed) {
  std::mt19937 random{static_cast<unsigned>(seed)};
  auto made = at::empty({tiles, 3, 56, 56});
  std::generate_n(made.data_ptr<float>(), made.numel(), [&] { return static_cast<float>(random() % 256) / 64 - 2; });
  return made;
}

/// A prompt of so many random words, and pictures of so many tiles with these seeds between them.
generation_prompt prompt_of(int words, const std::vector<std::pair<int, int>>& pictures, std::int64_t most_new,
                            unsigned seed) {
  std::mt19937 random{seed};
  const auto image = static_cast<token_id>(*network().config.image_token);
  generation_prompt made;
  made.tokens = {1, 2, 3};
  for (const auto& [tiles, of] : pictures) {
    const auto first = static_cast<std::int64_t>(made.tokens.size());
    const auto count = tiles * network().config.tokens_a_tile();
    made.tokens.insert(made.tokens.end(), static_cast<std::size_t>(count), image);
    made.tokens.push_back(4);
    made.pictures.push_back({{first, count, std::to_string(of) + "/" + std::to_string(tiles)}, noise(tiles, of)});
  }
  for (int i = 0; i < words; ++i)
    made.tokens.push_back(static_cast<token_id>(random() % 440));
  made.most_new = most_new;
  return made;
}

std::vector<token_id> alone(const generation_prompt& prompt) {
  std::vector<at::Tensor> tiles;
  for (const auto& picture : prompt.pictures)
    tiles.push_back(picture.tiles);
  const auto made = plain_model().generate(prompt.tokens, tiles.empty() ? at::Tensor{} : at::cat(tiles),
                                           prompt.most_new, prompt.stop);
  REQUIRE(made);
  return *made;
}

using answers = std::map<sequence_id, expected<std::vector<token_id>>>;

/// Steps until nothing is left to do, at most 1000 times.
answers finished(internvl3_generation& of) {
  answers made;
  for (int i = 0; i < 1000 && !of.idle(); ++i)
    for (auto& one : of.step())
      made.emplace(one.id, std::move(one.tokens));
  REQUIRE(of.idle());
  return made;
}

std::vector<generation_prompt> some_prompts() {
  return {prompt_of(5, {}, 12, 1), prompt_of(9, {{1, 1}}, 9, 2), prompt_of(40, {{3, 2}, {2, 3}}, 15, 3),
          prompt_of(3, {{13, 4}}, 6, 4), prompt_of(70, {}, 1, 5)};
}

} // namespace

TEST_CASE("a batch changes no token, whatever its limits") {
  const compute_scope scope{cpu};
  const auto prompts = some_prompts();
  const auto limits = GENERATE(step_limits{256, 8}, step_limits{16, 8}, step_limits{7, 2}, step_limits{1000, 1});
  const auto tested = generation(100, limits, limits.sequences);
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    REQUIRE(tested->check(prompts[i]));
    tested->add(i, prompts[i]);
  }
  const auto made = finished(*tested);
  REQUIRE(made.size() == prompts.size());
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    INFO(i);
    CHECK(made.at(i) == alone(prompts[i]));
  }
  CHECK(tested->schedule().pool().used() == 0);
}

TEST_CASE("another question about the same pictures computes only the question") {
  const compute_scope scope{cpu};
  const auto tested = generation();
  const std::vector<std::pair<int, int>> pictures{{6, 1}, {3, 2}}; // 41 tokens with what lies between
  const auto first = prompt_of(20, pictures, 5, 1);
  const auto second = prompt_of(25, pictures, 5, 2);
  tested->add(1, first);
  CHECK(finished(*tested).at(1) == alone(first));
  CHECK(tested->counts().tiles == 9);
  tested->add(2, second);
  CHECK(finished(*tested).at(2) == alone(second));
  CHECK(tested->counts().shared_tokens == 32); // two whole blocks
  CHECK(tested->counts().tiles == 12);         // the first picture lies in them
  // At once: the second waits until the first has computed what they share.
  const auto both = generation();
  both->add(1, first);
  both->add(2, second);
  const auto made = finished(*both);
  CHECK(made.at(1) == alone(first));
  CHECK(made.at(2) == alone(second));
  CHECK(both->counts().shared_tokens == 32);
}

TEST_CASE("a stop token ends an answer, and is not part of it") {
  const compute_scope scope{cpu};
  auto prompt = prompt_of(10, {{2, 1}}, 20, 3);
  const auto whole = alone(prompt);
  prompt.stop = {whole.at(4)};
  const auto tested = generation();
  tested->add(7, prompt);
  std::vector<generated> ended;
  while (ended.empty())
    ended = tested->step();
  CHECK(ended.front().tokens == alone(prompt));
  CHECK_FALSE(ended.front().cut_short);
}

TEST_CASE("what is drawn depends on the seed, not on the company") {
  const compute_scope scope{cpu};
  const auto drawn = [&](std::uint64_t seed, bool company) {
    auto prompt = prompt_of(10, {{2, 1}}, 20, 3);
    prompt.sampling = {.temperature = 1.0, .top_p = 0.9, .top_k = 50, .seed = seed};
    const auto tested = generation();
    if (company)
      for (sequence_id i = 1; i < 4; ++i)
        tested->add(i, prompt_of(5, {}, 10, static_cast<unsigned>(i)));
    tested->add(0, prompt);
    return *finished(*tested).at(0);
  };
  CHECK(drawn(1, false) == drawn(1, true));
  CHECK(drawn(1, false) != drawn(2, false));
}

TEST_CASE("what finds no room waits, and what never finds room is refused") {
  const compute_scope scope{cpu};
  const auto tested = generation(5); // 80 tokens
  std::map<sequence_id, generation_prompt> prompts;
  for (sequence_id i = 0; i < 4; ++i)
    prompts.emplace(i, prompt_of(30, {}, 10, static_cast<unsigned>(i)));
  for (const auto& [id, prompt] : prompts)
    tested->add(id, prompt);
  (void)tested->step();
  CHECK(tested->schedule().running() == 1);
  const auto made = finished(*tested);
  for (const auto& [id, prompt] : prompts)
    CHECK(made.at(id) == alone(prompt));
  const auto refused = tested->check(prompt_of(70, {}, 10, 1));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "83 tokens of prompt and answer do not fit the 80 for which there is memory");
  CHECK(refused.error().code == errc::exhausted);
  CHECK(internvl3_generation::create(network(), {bytes_of(0), {}, 1}).error().code == errc::exhausted);
}

TEST_CASE("when memory runs out the batch is halved, and every answer is still given") {
  const compute_scope scope{cpu};
  const auto prompts = some_prompts();
  const auto tested = generation();
  tested->before_computing = [](std::span<const planned_tokens> plan) {
    if (plan.size() > 2)
      throw std::bad_alloc{};
  };
  for (std::size_t i = 0; i < prompts.size(); ++i)
    tested->add(i, prompts[i]);
  const auto made = finished(*tested);
  for (std::size_t i = 0; i < prompts.size(); ++i)
    CHECK(made.at(i) == alone(prompts[i]));
  CHECK(tested->counts().halvings == 1);
  CHECK(tested->limits().step.sequences == 2);
}

TEST_CASE("a prompt that does not fit the memory even alone fails, and the others do not") {
  const compute_scope scope{cpu};
  const auto prompts = some_prompts();
  const auto tested = generation();
  tested->before_computing = [](std::span<const planned_tokens> plan) {
    for (const auto& work : plan)
      if (work.sequence == 2)
        throw std::bad_alloc{};
  };
  for (std::size_t i = 0; i < prompts.size(); ++i)
    tested->add(i, prompts[i]);
  const auto made = finished(*tested);
  CHECK(made.at(2).error().code == errc::exhausted);
  for (const std::size_t i : {0, 1, 3, 4})
    CHECK(made.at(i) == alone(prompts[i]));
}

TEST_CASE("a prompt that makes its batch fail is found, and fails alone") {
  const compute_scope scope{cpu};
  const auto prompts = some_prompts();
  const auto tested = generation();
  tested->before_computing = [](std::span<const planned_tokens> plan) {
    for (const auto& work : plan)
      if (work.sequence == 3 && work.first > 20)
        throw std::runtime_error{"bad luck"};
  };
  for (std::size_t i = 0; i < prompts.size(); ++i)
    tested->add(i, prompts[i]);
  const auto made = finished(*tested);
  CHECK(made.at(3) == tl::unexpected{error{errc::internal, "bad luck"}});
  for (const std::size_t i : {0, 1, 2, 4})
    CHECK(made.at(i) == alone(prompts[i]));
  CHECK(tested->counts().singled_out == 1);
  CHECK(tested->schedule().pool().used() == 0);
}

TEST_CASE("500 requests that join, leave and are cancelled each get their tokens, and all blocks come back") {
  const compute_scope scope{cpu};
  std::mt19937 random{11};
  const auto below = [&](unsigned most) { return static_cast<int>(random() % most); };
  const auto tested = generation(24, {48, 6}, 3);
  std::map<sequence_id, std::vector<token_id>> living; // with what is to come
  int answered = 0, cancelled = 0;
  sequence_id next = 0;
  while (next < 500 || !living.empty()) {
    for (int joining = below(3); joining > 0 && next < 500 && living.size() < 12; --joining) {
      std::vector<std::pair<int, int>> pictures;
      for (int i = below(3); i > 0; --i)
        pictures.emplace_back(1 + below(4), below(3));
      const auto prompt = prompt_of(below(40), pictures, 1 + below(6), random());
      REQUIRE(tested->check(prompt));
      living.emplace(next, alone(prompt));
      tested->add(next++, prompt);
    }
    if (!living.empty() && below(12) == 0) {
      const auto gone = std::next(living.begin(), below(static_cast<unsigned>(living.size())));
      tested->remove(gone->first);
      living.erase(gone);
      ++cancelled;
    }
    for (const auto& one : tested->step()) {
      REQUIRE(one.tokens == living.at(one.id));
      living.erase(one.id);
      ++answered;
    }
  }
  CHECK(answered + cancelled == 500);
  CHECK(cancelled > 20);
  CHECK(tested->counts().shared_tokens > 1000);
  CHECK(tested->idle());
  CHECK(tested->schedule().pool().used() == 0);
}

} // namespace timeloom
