// The engine's side of bench/gpu/vlm_throughput. Prints a line of JSON.
//
//   vlm_bench speed FOLDER DEVICE TYPE FRAMES TILES PROMPT_TOKENS NEW_TOKENS KV_MB
//   vlm_bench phases FOLDER DEVICE TYPE FRAMES TILES PROMPT_TOKENS NEW_TOKENS KV_MB
//   vlm_bench logits FOLDER DEVICE TYPE INPUT.safetensors OUTPUT SINGLE
//   vlm_bench canary FOLDER DEVICE TYPE FRAMES NEW_TOKENS KV_MB
//   vlm_bench soak FOLDER DEVICE TYPE REQUESTS KV_MB
//   vlm_bench load FOLDER DEVICE TYPE KV_MB
//   vlm_bench moves FOLDER DEVICE TYPE REQUESTS KV_MB
//
// speed: FRAMES requests at once, of a picture of TILES random tiles each: wall time through internvl3_engine, then the
// same through internvl3_generation, whose steps are timed; phases: only the latter, so that its first round is cold.
// logits: of "ids" and "tiles" in INPUT, float32 rows into OUTPUT; the last SINGLE tokens come one by one, three times
// beside each other, from the recorded step. canary: striped pictures, alone and all at once. moves: see
// vlm_moves.hpp.
#include "bench/gpu/vlm_moves.hpp"
#include "bench/gpu/vlm_steps.hpp"
#include "models/internvl3/chat.hpp"
#include "models/internvl3/internvl3_engine.hpp"
#include "models/internvl3/internvl3_generation.hpp"
#include "models/internvl3/internvl3_model.hpp"
#include "models/libtorch.hpp"
#include "models/safetensors.hpp"

#include <ATen/ATen.h>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>
#include <thread>

namespace {

using namespace timeloom;
using nlohmann::json;

c10::ScalarType type_named(const std::string& name) {
  return name == "float32" ? c10::kFloat : name == "float16" ? c10::kHalf : c10::kBFloat16;
}

picture_tiles noise(int tiles, int side, unsigned seed) {
  std::minstd_rand random{seed + 1};
  picture_tiles made{tiles, side, {}};
  made.samples.resize(std::size_t{3} * static_cast<std::size_t>(tiles) * static_cast<std::size_t>(side * side));
  for (auto& sample : made.samples)
    sample = static_cast<float>(random() % 256) / 64 - 2;
  return made;
}

/// Stripes of two colours, whose direction, width and colours are the request's own.
picture_tiles canary_picture(int side, int number) {
  picture_tiles made{1, side, {}};
  for (int channel = 0; channel < 3; ++channel)
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x) {
        const int stripe = (x * (number % 5) + y * (number / 5 + 1)) / 40 % 2;
        made.samples.push_back(static_cast<float>((number * (channel + 3) + stripe * 7) % 17) / 5 - 1.6F);
      }
  return made;
}

std::shared_ptr<const picture_tiles> shared(picture_tiles made) {
  return std::make_shared<const picture_tiles>(std::move(made));
}

void change(caption_request& request, float by) {
  auto other = *request.pictures.front();
  other.samples.front() += by;
  request.pictures.front() = shared(std::move(other));
}

/// Words that make a prompt of so many tokens, the frame of the chat and of one picture among them.
std::string words_for(const tokenizer& vocabulary, std::size_t tokens) {
  std::string words;
  while (true) {
    const chat_message message{"user", {chat_image{0}, words + " x"}};
    if (must(chat_prompt(vocabulary, {&message, 1}, 1)).size() > tokens)
      return words;
    words += " x";
  }
}

std::unique_ptr<internvl3_engine> engine_of(char** argv, int frames, int kv_mb) {
  engine_options options;
  options.folder = argv[2];
  options.device = must(device_named(argv[3]));
  options.dtype = type_named(argv[4]);
  options.kv_bytes = std::int64_t{kv_mb} << 20;
  options.max_batch_size = frames;
  return must(internvl3_engine::create(options));
}

/// Asks all at once from four threads, and gives the answers in the order of the requests.
std::vector<caption> ask(internvl3_engine& engine, const std::vector<caption_request>& requests) {
  std::vector<std::future<expected<caption>>> coming(requests.size());
  std::vector<std::jthread> askers;
  for (std::size_t asker = 0; asker < 4; ++asker)
    askers.emplace_back([&, asker] {
      for (auto i = asker; i < requests.size(); i += 4)
        coming[i] = engine.submit(requests[i]);
    });
  askers.clear();
  std::vector<caption> made;
  for (auto& one : coming)
    made.push_back(must(one.get()));
  return made;
}

std::vector<caption_request> frames_of(char** argv, const tokenizer& vocabulary, int side) {
  std::vector<caption_request> made;
  for (int i = 0; i < std::atoi(argv[5]); ++i) {
    caption_request one;
    one.pictures.push_back(shared(noise(std::atoi(argv[6]), side, static_cast<unsigned>(i))));
    one.prompt = words_for(vocabulary, static_cast<std::size_t>(std::atoi(argv[7])));
    one.generation.max_new_tokens = std::atoi(argv[8]);
    one.generation.ignore_stop = true;
    made.push_back(std::move(one));
  }
  return made;
}

/// The seconds that parts of the work take, with the vision model measured by itself.
json phases(char** argv) {
  const auto vocabulary = must(tokenizer::load(std::string{argv[2]} + "/tokenizer.json"));
  const auto device = must(device_named(argv[3]));
  const auto network =
      must(internvl3_network::load(argv[2], device, type_named(argv[4]), vocabulary.added("<IMG_CONTEXT>")));
  const compute_scope scope{device};
  generation_limits limits;
  limits.kv_bytes = std::int64_t{std::atoi(argv[9])} << 20;
  limits.step = {8192, 64};
  limits.tiles = 64;
  const auto frames = std::atoi(argv[5]);
  const auto generation = must(internvl3_generation::create(network, limits));
  json made, cold;
  for (int round = 0; round < 2; ++round) { // the first warms up and records
    double vision = 0, prefill = 0, decode = 0, longest_decode_step = 0;
    std::int64_t decode_steps = 0;
    const auto tiles = at::randn({64, 3, network.config.vision.image, network.config.vision.image},
                                 at::TensorOptions{network.dtype}.device(device));
    const auto wait = [&] { (void)at::zeros({1}, at::TensorOptions{device}).cpu(); };
    wait();
    auto start = steady::now();
    for (int done = 0; done < frames * std::atoi(argv[6]); done += 64)
      (void)network.vision.project(
          network.vision.features(tiles.narrow(0, 0, std::min(64, frames * std::atoi(argv[6]) - done))));
    wait();
    vision = seconds_since(start);
    for (int i = 0; i < frames; ++i) {
      generation_prompt prompt;
      const chat_message message{
          "user",
          {chat_image{std::atoi(argv[6])}, words_for(vocabulary, static_cast<std::size_t>(std::atoi(argv[7])))}};
      prompt.tokens = must(chat_prompt(vocabulary, {&message, 1}, network.config.tokens_a_tile()));
      const auto first =
          std::find(prompt.tokens.begin(), prompt.tokens.end(), static_cast<token_id>(*network.config.image_token));
      const auto picture = noise(std::atoi(argv[6]), static_cast<int>(network.config.vision.image), 0);
      auto host = at::empty({picture.count, 3, picture.side, picture.side},
                            at::TensorOptions{network.dtype}.pinned_memory(device.is_cuda()));
      host.copy_(at::from_blob(const_cast<float*>(picture.samples.data()), host.sizes()));
      prompt.pictures.push_back({{first - prompt.tokens.begin(), picture.count * network.config.tokens_a_tile(),
                                  fmt::format("{} {}", round, i)},
                                 host});
      prompt.most_new = std::atoi(argv[8]);
      generation->add(static_cast<sequence_id>(round * frames + i), std::move(prompt));
    }
    while (!generation->idle()) {
      const auto before = generation->counts();
      start = steady::now();
      (void)generation->step();
      const auto took = seconds_since(start);
      const bool recorded = generation->counts().recorded_steps > before.recorded_steps;
      (recorded ? decode : prefill) += took;
      longest_decode_step = std::max(longest_decode_step, recorded ? took : 0);
      decode_steps += recorded ? 1 : 0;
    }
    made = {{"vision_s", vision},
            {"prefill_and_vision_s", prefill},
            {"decode_s", decode},
            {"decode_steps", decode_steps},
            {"longest_decode_step_s", longest_decode_step},
            {"peak_bytes", memory_of(device).peak},
            {"steps", generation->counts().steps},
            {"halvings", generation->counts().halvings}};
    if (round == 0)
      cold = made;
  }
  made["first_round"] = cold;
  return made;
}

int speed(char** argv) {
  json made;
  {
    auto start = steady::now();
    const auto engine = engine_of(argv, std::atoi(argv[5]), std::atoi(argv[9]));
    made["load_s"] = seconds_since(start);
    const auto vocabulary = must(tokenizer::load(std::string{argv[2]} + "/tokenizer.json"));
    auto requests = frames_of(argv, vocabulary, engine->tiling().side);
    std::vector<double> walls;
    for (int round = 0; round < 3; ++round) {
      start = steady::now();
      const auto given = ask(*engine, requests);
      walls.push_back(seconds_since(start));
      made["tokens"] = std::accumulate(given.begin(), given.end(), std::size_t{0},
                                       [](std::size_t sum, const auto& one) { return sum + one.tokens.size(); });
      made["prompt_tokens"] = given.front().prompt_tokens;
      for (auto& one : requests) // another picture, so that nothing is shared with the round before
        change(one, 1);
    }
    made["walls_s"] = walls;
    for (const auto& metric : engine->metrics().values)
      made[metric.name] = metric.value;
  }
  release_unused_memory(must(device_named(argv[3])));
  made["phases"] = phases(argv);
  std::cout << made.dump() << std::endl;
  return 0;
}

int logits(char** argv) {
  const auto device = must(device_named(argv[3]));
  const auto input = must(safetensors_file::open(argv[5]));
  const auto single = std::atoi(argv[7]);
  const auto read = [&](const char* name, at::ScalarType type) {
    const auto& stored = input.tensors().at(name);
    return at::from_blob(const_cast<std::byte*>(stored.bytes.data()), stored.shape, at::TensorOptions{type}).clone();
  };
  const auto ids = read("ids", at::kInt);
  const auto tiles = read("tiles", at::kFloat);
  const auto network = must(internvl3_network::load(argv[2], device, type_named(argv[4]), {}));
  const compute_scope scope{device};
  const auto all = ids.numel();
  const auto first = all - single;
  // The blocks of three equal sequences, all mixed up.
  const auto blocks = all / kv_area::block_tokens + 1;
  auto area = network.text.new_area((3 * blocks + 1) * kv_area::block_tokens);
  std::vector<block_id> order(static_cast<std::size_t>(3 * blocks));
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::minstd_rand{5});
  const auto of = [&](std::int64_t sequence) {
    return std::span{order}.subspan(static_cast<std::size_t>(sequence * blocks), static_cast<std::size_t>(blocks));
  };
  const auto slot = [&](std::int64_t sequence, std::int64_t position) {
    return of(sequence)[static_cast<std::size_t>(position / kv_area::block_tokens)] * kv_area::block_tokens +
           position % kv_area::block_tokens;
  };
  const auto tokens = ids.to(at::kLong).to(device);
  auto embedded = network.text.embed(tokens);
  const auto pictures = network.vision.project(network.vision.features(tiles.to(device, network.dtype)));
  embedded =
      embedded.index_copy(0, (tokens == *network.config.image_token).nonzero().flatten(), pictures.flatten(0, 1));
  std::vector<at::Tensor> rows;
  // Each sequence's prompt in two pieces; the third's logits are looked at.
  const auto half = first / 2;
  for (const auto& [from, to] : {std::pair{std::int64_t{0}, half}, std::pair{half, first}}) {
    token_batch batch;
    std::vector<std::int64_t> positions, slots, piece_slots;
    std::vector<std::int32_t> row_ends{0}, length_ends{0};
    for (std::int64_t sequence = 0; sequence < 3; ++sequence) {
      for (auto position = from; position < to; ++position) {
        positions.push_back(position);
        slots.push_back(slot(sequence, position));
      }
      for (std::int64_t position = 0; position < to; ++position)
        piece_slots.push_back(slot(sequence, position));
      batch.pieces.push_back({to - from, to});
      row_ends.push_back(row_ends.back() + static_cast<std::int32_t>(to - from));
      length_ends.push_back(length_ends.back() + static_cast<std::int32_t>(to));
    }
    const auto there = [&](const auto& numbers) { return at::tensor(numbers).to(device); };
    batch.positions = there(positions);
    batch.slots = there(slots);
    batch.piece_slots = there(piece_slots);
    batch.row_ends = there(row_ends);
    batch.length_ends = there(length_ends);
    const auto hidden = network.text.forward(embedded.narrow(0, from, to - from).repeat({3, 1}),
                                             angles_of(network.config.text, batch.positions), batch, area);
    rows.push_back(network.text.logits(hidden.narrow(0, 2 * (to - from), to - from)).to(at::kFloat).cpu());
  }
  if (single > 0) {
    decode_step step{network.text, area, 4, blocks, static_cast<block_id>(3 * blocks), nullptr};
    const auto* const numbers = ids.data_ptr<std::int32_t>();
    for (auto position = first; position < all; ++position) {
      std::vector<decode_step::row> three;
      for (std::int64_t sequence = 0; sequence < 3; ++sequence)
        three.push_back({numbers[position], position, of(sequence)});
      (void)step.run(three);
      rows.push_back(step.logits().narrow(0, 2, 1).to(at::kFloat).cpu());
    }
  }
  const auto made = at::cat(rows).contiguous();
  std::ofstream file{argv[6], std::ios::binary};
  file.write(reinterpret_cast<const char*>(made.data_ptr<float>()), made.numel() * 4);
  std::cout << json{{"rows", made.size(0)}, {"vocabulary", made.size(1)}}.dump() << std::endl;
  return file ? 0 : 1;
}

int canary(char** argv) {
  const auto frames = std::atoi(argv[5]);
  const auto engine = engine_of(argv, frames, std::atoi(argv[7]));
  std::vector<caption_request> requests;
  for (int i = 0; i < frames; ++i) {
    caption_request one;
    one.pictures.push_back(shared(canary_picture(engine->tiling().side, i)));
    one.prompt = "x x x";
    one.generation.max_new_tokens = std::atoi(argv[6]);
    one.generation.ignore_stop = true;
    requests.push_back(std::move(one));
  }
  std::vector<caption> alone;
  for (auto& request : requests) {
    alone.push_back(must(engine->submit(request).get()));
    change(request, 1e-3F); // computed again
  }
  const auto together = ask(*engine, requests);
  int same = 0, like_another = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    same += alone[i].tokens == together[i].tokens ? 1 : 0;
    for (std::size_t j = 0; j < requests.size(); ++j)
      like_another += alone[j].tokens != alone[i].tokens && alone[j].tokens == together[i].tokens ? 1 : 0;
  }
  std::cout << json{{"requests", frames}, {"same_as_alone", same}, {"same_as_another_alone", like_another}}.dump()
            << std::endl;
  return 0;
}

int soak(char** argv) {
  const auto device = must(device_named(argv[3]));
  const auto engine = engine_of(argv, 16, std::atoi(argv[6]));
  std::atomic<int> answered = 0, cancelled = 0, failed = 0;
  const auto round = [&](unsigned seed) {
    std::vector<std::jthread> askers;
    for (unsigned asker = 0; asker < 8; ++asker)
      askers.emplace_back([&, asker] {
        std::minstd_rand random{seed * 8 + asker + 1};
        for (int i = 0; i < std::atoi(argv[5]) / 8; ++i) {
          caption_request one;
          for (auto pictures = random() % 3; pictures > 0; --pictures)
            one.pictures.push_back(
                shared(noise(1 + static_cast<int>(random() % 5), engine->tiling().side, random() % 20)));
          for (auto words = random() % 100; words > 0; --words)
            one.prompt += " x";
          one.generation.max_new_tokens = 1 + static_cast<int>(random() % 60);
          one.generation.temperature = random() % 2 == 0 ? 0 : 1;
          std::stop_source stop;
          auto coming = engine->submit(std::move(one), stop.get_token());
          if (random() % 10 == 0) {
            std::this_thread::sleep_for(std::chrono::milliseconds{random() % 100});
            stop.request_stop();
          }
          const auto given = coming.get();
          ++(given ? answered : given.error().code == errc::cancelled ? cancelled : failed);
        }
      });
  };
  round(1);
  const auto before = memory_of(device);
  const auto start = steady::now();
  answered = cancelled = failed = 0;
  round(2);
  const auto took = seconds_since(start);
  const auto after = memory_of(device);
  json made{{"answered", answered.load()},
            {"cancelled", cancelled.load()},
            {"failed", failed.load()},
            {"seconds", took},
            {"allocated_before", before.allocated},
            {"allocated_after", after.allocated},
            {"reserved_before", before.reserved},
            {"reserved_after", after.reserved}};
  for (const auto& metric : engine->metrics().values)
    made[metric.name] = metric.value;
  std::cout << made.dump() << std::endl;
  return failed == 0 ? 0 : 1;
}

/// The seconds of the parts of a load, in their order.
int load(char** argv) {
  json made;
  auto start = steady::now();
  const auto part = [&](const char* name) {
    made[name] = seconds_since(start);
    start = steady::now();
  };
  const auto device = must(device_named(argv[3]));
  const compute_scope scope{device};
  (void)at::zeros({1}, at::TensorOptions{device}).cpu();
  part("device_s");
  const auto vocabulary = must(tokenizer::load(std::string{argv[2]} + "/tokenizer.json"));
  part("tokenizer_s");
  if (device.is_cuda())
    const host_upload first{device};
  part("staging_s");
  const auto network =
      must(internvl3_network::load(argv[2], device, type_named(argv[4]), vocabulary.added("<IMG_CONTEXT>")));
  part("weights_s");
  const auto generation =
      must(internvl3_generation::create(network, {.kv_bytes = std::int64_t{std::atoi(argv[5])} << 20}));
  (void)at::zeros({1}, at::TensorOptions{device}).cpu();
  part("keys_and_values_s");
  made["weight_bytes"] = network.weights.bytes();
  std::cout << made.dump() << std::endl;
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "speed" && argc == 10)
    return speed(argv);
  if (what == "phases" && argc == 10) {
    std::cout << phases(argv).dump() << std::endl;
    return 0;
  }
  if (what == "logits" && argc == 8)
    return logits(argv);
  if (what == "canary" && argc == 8)
    return canary(argv);
  if (what == "soak" && argc == 7)
    return soak(argv);
  if (what == "load" && argc == 6)
    return load(argv);
  if (what == "moves" && argc == 7)
    return print_moves({.folder = argv[2],
                        .device = must(device_named(argv[3])),
                        .dtype = type_named(argv[4]),
                        .kv_bytes = std::int64_t{std::atoi(argv[6])} << 20,
                        .max_batch_size = std::atoi(argv[5])});
  std::cerr << "usage: see the head of bench/gpu/vlm_bench.cpp\n";
  return 2;
}
