#include "models/internvl3/internvl3_engine.hpp"

#include "core/sha256.hpp"
#include "models/internvl3/chat.hpp"
#include "models/internvl3/internvl3_generation.hpp"
#include "models/libtorch.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace timeloom {

namespace {

using steady = std::chrono::steady_clock;

double seconds_since(steady::time_point start) {
  return std::chrono::duration<double>(steady::now() - start).count();
}

struct pending_answer {
  std::stop_token cancel;
  std::promise<expected<caption>> answer;
  std::int64_t prompt_tokens = 0;
  steady::time_point since;
  std::int64_t batch = 0;
  std::int64_t kv_blocks = 0;
};

struct waiting_request {
  generation_prompt prompt;
  pending_answer pending;
};

error cancelled() {
  return {errc::cancelled, "the request was cancelled"};
}

error ended() {
  return {errc::cancelled, "the engine has ended"};
}

/// Tiles in what the network computes in, where a GPU reads them fast.
at::Tensor host_tiles(const picture_tiles& picture, const internvl3_network& network) {
  const auto floats = at::from_blob(const_cast<float*>(picture.samples.data()), // only read
                                    {picture.count, 3, picture.side, picture.side}, at::TensorOptions{at::kFloat});
  auto made = at::empty(floats.sizes(), at::TensorOptions{network.dtype}.pinned_memory(network.device.is_cuda()));
  return made.copy_(floats);
}

std::string digest_of(const picture_tiles& picture) {
  if (!picture.digest.empty())
    return picture.digest;
  return sha256_of({reinterpret_cast<const char*>(picture.samples.data()), picture.samples.size() * sizeof(float)});
}

generation_limits limits_of(const engine_options& options, const internvl3_network& network) {
  const bool gpu = options.device.is_cuda();
  generation_limits made;
  made.step.sequences = options.max_batch_size > 0 ? options.max_batch_size : gpu ? 64 : 8;
  made.step.tokens = gpu ? 8192 : 2048;
  made.tiles = gpu ? 64 : 8;
  // All that could be used at once; of a GPU no more than is left beside room to compute in.
  const auto useful = network.text.bytes_a_position() * network.config.text.most_positions * made.step.sequences;
  const auto free = free_memory(options.device);
  const auto room = free ? std::max<std::int64_t>(*free - (std::int64_t{4} << 30), *free / 4) : std::int64_t{1} << 30;
  made.kv_bytes = options.kv_bytes > 0 ? options.kv_bytes : std::min(useful, room);
  return made;
}

} // namespace

struct internvl3_engine::state {
  state(engine_options with, internvl3_network loaded, tokenizer words, std::vector<token_id> ends)
      : options(std::move(with)), network(std::move(loaded)), vocabulary(std::move(words)), stop(std::move(ends)) {}

  const engine_options options;
  internvl3_network network;
  const tokenizer vocabulary;
  const std::vector<token_id> stop;
  generation_limits limits;
  std::int64_t kv_bytes = 0;

  mutable std::mutex mutex;
  std::condition_variable_any changed;
  std::deque<waiting_request> waiting; // guarded by mutex, as is what follows
  bool closed = false;
  bool resting = false; // the thread waits for requests, and has none
  /// None while the model is off the device; the thread's own while it does not rest.
  std::unique_ptr<internvl3_generation> generation;
  std::uint64_t answered = 0;
  std::uint64_t given_up = 0;
  std::uint64_t failed = 0;
  std::uint64_t prompt_tokens = 0;
  std::uint64_t new_tokens = 0;
  histogram request_seconds;
  histogram step_seconds;
  histogram batch_sizes;
  generation_counts counts;
  std::size_t running = 0;
  std::int64_t kv_blocks_used = 0;

  std::jthread thread; // last: it ends before the rest goes

  expected<generation_prompt> prompt_of(const caption_request& request) const;
  void run();
  void take_waiting(std::map<sequence_id, pending_answer>& pending, sequence_id& next);
  void drop_cancelled(std::map<sequence_id, pending_answer>& pending);
  void answer(pending_answer& to, expected<std::vector<token_id>> tokens, bool cut_short);
  std::int64_t block_bytes() const { return network.text.bytes_a_position() * kv_area::block_tokens; }
};

expected<generation_prompt> internvl3_engine::state::prompt_of(const caption_request& request) const {
  const auto& wanted = request.generation;
  if (wanted.max_new_tokens < 1 || !(wanted.temperature >= 0) || !(wanted.top_p > 0 && wanted.top_p <= 1) ||
      wanted.top_k < 0)
    return fail(errc::invalid_argument,
                "max_new_tokens {}, temperature {}, top_p {} or top_k {} is impossible; expected at least 1, at least "
                "0, above 0 and up to 1, at least 0",
                wanted.max_new_tokens, wanted.temperature, wanted.top_p, wanted.top_k);
  const auto side = static_cast<int>(network.config.vision.image);
  for (const auto& picture : request.pictures)
    if (picture->side != side || picture->count < 1 ||
        picture->samples.size() != std::size_t{3} * static_cast<std::size_t>(picture->count) *
                                       static_cast<std::size_t>(side) * static_cast<std::size_t>(side))
      return fail(errc::invalid_argument, "a picture has {} tiles with a side of {}; this model's are {}",
                  picture->count, picture->side, side);
  std::vector<chat_message> messages;
  if (!request.system.empty())
    messages.push_back({"system", {request.system}});
  chat_message question{"user", {}};
  for (const auto& picture : request.pictures)
    question.parts.emplace_back(chat_image{picture->count});
  question.parts.emplace_back(request.prompt);
  messages.push_back(std::move(question));
  const auto a_tile = network.config.tokens_a_tile();
  auto tokens = chat_prompt(vocabulary, messages, a_tile);
  if (!tokens)
    return tl::unexpected{tokens.error()};
  generation_prompt made;
  made.tokens = std::move(*tokens);
  made.most_new = wanted.max_new_tokens;
  made.sampling = {wanted.temperature, wanted.top_p, wanted.top_k, wanted.seed};
  if (!wanted.ignore_stop)
    made.stop = stop;
  auto place = made.tokens.begin();
  for (const auto& picture : request.pictures) {
    place = std::find(place, made.tokens.end(), static_cast<token_id>(*network.config.image_token));
    const picture_span span{place - made.tokens.begin(), picture->count * a_tile, digest_of(*picture)};
    auto tiles = caught([&] { return host_tiles(*picture, network); });
    if (!tiles)
      return tl::unexpected{tiles.error()};
    made.pictures.push_back({span, std::move(*tiles)});
    place += span.count;
  }
  return made;
}

void internvl3_engine::state::answer(pending_answer& to, expected<std::vector<token_id>> tokens, bool cut_short) {
  expected<caption> given = tl::unexpected{error{}};
  if (tokens)
    given = caption{.text = vocabulary.decode(*tokens, false),
                    .prompt_tokens = to.prompt_tokens,
                    .tokens = std::move(*tokens),
                    .cut_short = cut_short,
                    .batch = to.batch,
                    .kv_used_bytes = to.kv_blocks * block_bytes(),
                    .kv_bytes = kv_bytes,
                    .seconds = seconds_since(to.since)};
  else
    given = tl::unexpected{tokens.error()};
  {
    const std::lock_guard lock{mutex};
    ++answered;
    given_up += !given && given.error().code == errc::cancelled ? 1 : 0;
    failed += !given && given.error().code != errc::cancelled ? 1 : 0;
    prompt_tokens += static_cast<std::uint64_t>(given ? given->prompt_tokens : 0);
    new_tokens += given ? given->tokens.size() : 0;
    request_seconds.record(seconds_since(to.since));
  }
  to.answer.set_value(std::move(given));
}

/// Waits for requests while there is nothing to do. Those beyond a batch stay where they count as waiting, but for a
/// few that may go ahead of one that waits for another's pictures.
void internvl3_engine::state::take_waiting(std::map<sequence_id, pending_answer>& pending, sequence_id& next) {
  constexpr std::size_t ahead = 4;
  std::unique_lock lock{mutex};
  resting = pending.empty();
  changed.notify_all();
  changed.wait(lock, [&] { return closed || !waiting.empty() || !pending.empty(); });
  resting = false;
  while (!closed && !waiting.empty() &&
         pending.size() < static_cast<std::size_t>(generation->limits().step.sequences) + ahead) {
    auto one = std::move(waiting.front());
    waiting.pop_front();
    generation->add(next, std::move(one.prompt));
    pending.emplace(next++, std::move(one.pending));
  }
  changed.notify_all();
}

/// Answers those who do not want to know any more, wherever they are.
void internvl3_engine::state::drop_cancelled(std::map<sequence_id, pending_answer>& pending) {
  std::vector<pending_answer> dropped;
  for (auto one = pending.begin(); one != pending.end();) {
    if (one->second.cancel.stop_requested()) {
      generation->remove(one->first);
      dropped.push_back(std::move(one->second));
      one = pending.erase(one);
    } else {
      ++one;
    }
  }
  {
    const std::lock_guard lock{mutex};
    for (auto one = waiting.begin(); one != waiting.end();) {
      if (one->pending.cancel.stop_requested()) {
        dropped.push_back(std::move(one->pending));
        one = waiting.erase(one);
      } else {
        ++one;
      }
    }
  }
  changed.notify_all();
  for (auto& one : dropped)
    answer(one, tl::unexpected{cancelled()}, false);
}

void internvl3_engine::state::run() {
  const compute_scope scope{options.device};
  std::map<sequence_id, pending_answer> pending;
  sequence_id next = 0;
  while (true) {
    take_waiting(pending, next);
    if (const std::lock_guard lock{mutex}; closed)
      break;
    drop_cancelled(pending);
    const auto start = steady::now();
    auto done = generation->step();
    for (auto& [id, one] : pending) {
      one.batch = std::max(one.batch, generation->last_rows());
      one.kv_blocks = std::max(one.kv_blocks, generation->schedule().pool().used());
    }
    {
      const std::lock_guard lock{mutex};
      step_seconds.record(seconds_since(start));
      batch_sizes.record(static_cast<double>(generation->last_rows()));
      counts = generation->counts();
      running = pending.size() - done.size();
      kv_blocks_used = generation->schedule().pool().used();
    }
    for (auto& one : done) {
      auto found = pending.extract(one.id);
      answer(found.mapped(), std::move(one.tokens), one.cut_short);
    }
  }
  for (auto& [id, one] : pending)
    answer(one, tl::unexpected{ended()}, false);
  for (auto& one : waiting)
    answer(one.pending, tl::unexpected{ended()}, false);
}

expected<std::unique_ptr<internvl3_engine>> internvl3_engine::create(engine_options options) {
  if (options.max_batch_size < 0 || options.max_waiting < 1 || options.kv_bytes < 0)
    return fail(errc::invalid_argument, "max_batch_size {}, max_waiting {} or kv_bytes {} is impossible",
                options.max_batch_size, options.max_waiting, options.kv_bytes);
  auto vocabulary = tokenizer::load(options.folder + "/tokenizer.json");
  if (!vocabulary)
    return tl::unexpected{vocabulary.error()};
  auto network =
      internvl3_network::load(options.folder, options.device, options.dtype, vocabulary->added("<IMG_CONTEXT>"));
  if (!network)
    return tl::unexpected{network.error()};
  std::vector<token_id> stop;
  for (const auto* const name : {"<|im_end|>", "<|endoftext|>"})
    if (const auto id = vocabulary->added(name))
      stop.push_back(*id);
  auto made = std::make_unique<state>(std::move(options), std::move(*network), std::move(*vocabulary), std::move(stop));
  made->limits = limits_of(made->options, made->network);
  auto generation = internvl3_generation::create(made->network, made->limits);
  if (!generation)
    return tl::unexpected{generation.error()};
  made->generation = std::move(*generation);
  made->kv_bytes = made->generation->kv_bytes();
  made->thread = std::jthread{[whole = made.get()] { whole->run(); }};
  return std::unique_ptr<internvl3_engine>{new internvl3_engine{std::move(made)}};
}

internvl3_engine::internvl3_engine(std::unique_ptr<state> made) : state_(std::move(made)) {}

internvl3_engine::~internvl3_engine() {
  const std::lock_guard lock{state_->mutex};
  state_->closed = true;
  state_->changed.notify_all();
}

std::future<expected<caption>> internvl3_engine::submit(caption_request request, std::stop_token cancel) {
  pending_answer pending{.cancel = cancel, .since = steady::now()};
  auto answer = pending.answer.get_future();
  auto prompt = state_->prompt_of(request);
  if (!prompt) {
    pending.answer.set_value(tl::unexpected{prompt.error()});
    return answer;
  }
  pending.prompt_tokens = static_cast<std::int64_t>(prompt->tokens.size());
  std::unique_lock lock{state_->mutex};
  const auto most = static_cast<std::size_t>(state_->options.max_waiting);
  const bool room = state_->changed.wait(lock, cancel, [&] { return state_->closed || state_->waiting.size() < most; });
  if (!room)
    pending.answer.set_value(tl::unexpected{cancelled()});
  else if (state_->closed)
    pending.answer.set_value(tl::unexpected{ended()});
  else if (!state_->generation)
    pending.answer.set_value(tl::unexpected{error{errc::internal, "the model is not on its device"}});
  else if (auto fits = state_->generation->check(*prompt); !fits)
    pending.answer.set_value(tl::unexpected{fits.error()});
  else
    state_->waiting.push_back({std::move(*prompt), std::move(pending)});
  state_->changed.notify_all();
  return answer;
}

expected<void> internvl3_engine::copy_to_host() {
  return state_->network.weights.copy_to_host();
}

bool internvl3_engine::has_host_copy() const {
  return state_->network.weights.has_host_copy();
}

void internvl3_engine::drop_host_copy() {
  state_->network.weights.drop_host_copy();
}

void internvl3_engine::leave_device() {
  auto& one = *state_;
  std::unique_lock lock{one.mutex};
  one.changed.wait(lock, [&] { return one.resting && one.waiting.empty(); });
  one.generation.reset();
  one.kv_blocks_used = 0;
  one.network.weights.leave_device();
  release_unused_memory(one.options.device);
}

bool internvl3_engine::is_on_device() const {
  const std::lock_guard lock{state_->mutex};
  return state_->generation != nullptr;
}

expected<void> internvl3_engine::return_to_device() {
  auto& one = *state_;
  const std::lock_guard lock{one.mutex};
  if (auto back = one.network.weights.return_to_device(); !back)
    return back;
  auto made = caught([&] {
    compute_scope scope{one.options.device};
    auto generation = internvl3_generation::create(one.network, one.limits, one.counts);
    scope.wait();
    return generation;
  });
  if (made && *made) {
    one.generation = std::move(**made);
    return {};
  }
  one.network.weights.leave_device();
  release_unused_memory(one.options.device);
  return tl::unexpected{made ? made->error() : made.error()};
}

expected<std::uint64_t> internvl3_engine::check_value() const {
  return state_->network.weights.check_value();
}

std::int64_t internvl3_engine::weight_bytes() const {
  return state_->network.weights.bytes();
}

std::int64_t internvl3_engine::device_bytes() const {
  return weight_bytes() + state_->kv_bytes;
}

tiling_options internvl3_engine::tiling() const {
  const auto& config = state_->network.config;
  return {static_cast<int>(config.vision.image), config.least_tiles, config.most_tiles, config.thumbnail};
}

metric_set internvl3_engine::metrics() const {
  const std::lock_guard lock{state_->mutex};
  const auto& one = *state_;
  metric_set made;
  const auto add = [&](const char* name, auto value) { made.values.push_back({name, "", static_cast<double>(value)}); };
  add("timeloom_vlm_requests_total", one.answered);
  add("timeloom_vlm_cancelled_requests_total", one.given_up);
  add("timeloom_vlm_failed_requests_total", one.failed);
  add("timeloom_vlm_waiting_requests", one.waiting.size());
  add("timeloom_vlm_running_requests", one.running);
  add("timeloom_vlm_prompt_tokens_total", one.prompt_tokens);
  add("timeloom_vlm_shared_prompt_tokens_total", one.counts.shared_tokens);
  add("timeloom_vlm_new_tokens_total", one.new_tokens);
  add("timeloom_vlm_new_tokens_per_second",
      one.new_tokens == 0 ? 0 : static_cast<double>(one.new_tokens) / one.step_seconds.sum());
  add("timeloom_vlm_tiles_total", one.counts.tiles);
  add("timeloom_vlm_steps_total", one.counts.steps);
  add("timeloom_vlm_recorded_steps_total", one.counts.recorded_steps);
  add("timeloom_vlm_halvings_total", one.counts.halvings);
  add("timeloom_vlm_singled_out_steps_total", one.counts.singled_out);
  add("timeloom_vlm_kv_used_bytes", one.kv_blocks_used * one.block_bytes());
  add("timeloom_vlm_kv_bytes", one.generation ? one.kv_bytes : 0);
  made.summaries = {summary_of("timeloom_vlm_request_seconds", "", one.request_seconds),
                    summary_of("timeloom_vlm_step_seconds", "", one.step_seconds),
                    summary_of("timeloom_vlm_batch_requests", "", one.batch_sizes)};
  return made;
}

} // namespace timeloom
