#include "models/internvl3/internvl3_engine.hpp"

#include "models/internvl3/chat.hpp"
#include "models/internvl3/internvl3_model.hpp"
#include "models/libtorch.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace timeloom {

namespace {

using steady = std::chrono::steady_clock;

struct waiting_request {
  caption_request request;
  std::stop_token cancel;
  std::promise<expected<caption>> answer;
  steady::time_point since;
};

error cancelled(const char* why) {
  return {errc::cancelled, why};
}

} // namespace

struct internvl3_engine::state {
  state(engine_options with, internvl3_model loaded, tokenizer words, std::vector<token_id> ends)
      : options(std::move(with)), model(std::move(loaded)), vocabulary(std::move(words)), stop(std::move(ends)) {}

  const engine_options options;
  const internvl3_model model;
  const tokenizer vocabulary;
  const std::vector<token_id> stop;

  mutable std::mutex mutex;
  std::condition_variable_any changed;
  std::deque<waiting_request> waiting; // guarded by mutex, as is what follows
  bool closed = false;
  std::uint64_t answered = 0;
  std::uint64_t prompt_tokens = 0;
  std::uint64_t new_tokens = 0;
  histogram seconds;

  std::jthread thread; // last: it ends before the rest goes

  void run();
  expected<caption> answer(const waiting_request& one) const;
};

expected<caption> internvl3_engine::state::answer(const waiting_request& one) const {
  if (one.cancel.stop_requested())
    return tl::unexpected{cancelled("the request was cancelled")};
  const auto& wanted = one.request.generation;
  if (wanted.temperature > 0)
    return fail(errc::unsupported, "a temperature of {} is not supported; expected 0", wanted.temperature);
  std::vector<chat_message> messages;
  if (!one.request.system.empty())
    messages.push_back({"system", {one.request.system}});
  chat_message question{"user", {}};
  std::vector<at::Tensor> tiles;
  for (const auto& picture : one.request.pictures) {
    question.parts.emplace_back(chat_image{picture.count});
    tiles.push_back(
        at::from_blob(const_cast<float*>(picture.samples.data()), {picture.count, 3, picture.side, picture.side}));
  }
  question.parts.emplace_back(one.request.prompt);
  messages.push_back(std::move(question));
  const auto prompt = chat_prompt(vocabulary, messages, model.config().tokens_a_tile());
  if (!prompt)
    return tl::unexpected{prompt.error()};
  auto made = model.generate(*prompt, tiles.empty() ? at::Tensor{} : at::cat(tiles), wanted.max_new_tokens,
                             wanted.ignore_stop ? std::vector<token_id>{} : stop);
  if (!made)
    return tl::unexpected{made.error()};
  caption given;
  given.text = vocabulary.decode(*made, false);
  given.prompt_tokens = static_cast<std::int64_t>(prompt->size());
  given.cut_short = made->size() == static_cast<std::size_t>(wanted.max_new_tokens);
  given.tokens = std::move(*made);
  return given;
}

void internvl3_engine::state::run() {
  const compute_scope scope{options.device};
  while (true) {
    std::unique_lock lock{mutex};
    changed.wait(lock, [&] { return closed || !waiting.empty(); });
    if (closed)
      break;
    auto one = std::move(waiting.front());
    waiting.pop_front();
    changed.notify_all();
    lock.unlock();
    auto given = answer(one);
    lock.lock();
    ++answered;
    seconds.record(std::chrono::duration<double>(steady::now() - one.since).count());
    if (given) {
      prompt_tokens += static_cast<std::uint64_t>(given->prompt_tokens);
      new_tokens += given->tokens.size();
    }
    lock.unlock();
    one.answer.set_value(std::move(given));
  }
  const std::lock_guard lock{mutex};
  for (auto& left : waiting)
    left.answer.set_value(tl::unexpected{cancelled("the engine has ended")});
}

expected<std::unique_ptr<internvl3_engine>> internvl3_engine::create(engine_options options) {
  if (options.max_batch_size < 0 || options.max_waiting < 1 || options.kv_bytes < 0)
    return fail(errc::invalid_argument, "max_batch_size {}, max_waiting {} or kv_bytes {} is impossible",
                options.max_batch_size, options.max_waiting, options.kv_bytes);
  auto vocabulary = tokenizer::load(options.folder + "/tokenizer.json");
  if (!vocabulary)
    return tl::unexpected{vocabulary.error()};
  auto model = internvl3_model::load(options.folder, options.device, options.dtype, vocabulary->added("<IMG_CONTEXT>"));
  if (!model)
    return tl::unexpected{model.error()};
  std::vector<token_id> stop;
  for (const auto* const name : {"<|im_end|>", "<|endoftext|>"})
    if (const auto id = vocabulary->added(name))
      stop.push_back(*id);
  auto made = std::make_unique<state>(std::move(options), std::move(*model), std::move(*vocabulary), std::move(stop));
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
  waiting_request one{std::move(request), cancel, {}, steady::now()};
  auto answer = one.answer.get_future();
  std::unique_lock lock{state_->mutex};
  const auto most = static_cast<std::size_t>(state_->options.max_waiting);
  const bool room = state_->changed.wait(lock, cancel, [&] { return state_->closed || state_->waiting.size() < most; });
  if (!room)
    one.answer.set_value(tl::unexpected{cancelled("the request was cancelled")});
  else if (state_->closed)
    one.answer.set_value(tl::unexpected{cancelled("the engine has ended")});
  else
    state_->waiting.push_back(std::move(one));
  state_->changed.notify_all();
  return answer;
}

tiling_options internvl3_engine::tiling() const {
  const auto& config = state_->model.config();
  return {static_cast<int>(config.vision.image), config.least_tiles, config.most_tiles, config.thumbnail};
}

metric_set internvl3_engine::metrics() const {
  const std::lock_guard lock{state_->mutex};
  const auto count = [](std::uint64_t value) { return static_cast<double>(value); };
  return {{{"timeloom_vlm_requests_total", "", count(state_->answered)},
           {"timeloom_vlm_waiting_requests", "", count(state_->waiting.size())},
           {"timeloom_vlm_prompt_tokens_total", "", count(state_->prompt_tokens)},
           {"timeloom_vlm_new_tokens_total", "", count(state_->new_tokens)}},
          {summary_of("timeloom_vlm_request_seconds", "", state_->seconds)}};
}

} // namespace timeloom
