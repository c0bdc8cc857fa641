#include "actors/media_run.hpp"

#include "media/chosen_frames.hpp"
#include "media/jpeg.hpp"
#include "media/picture_reducer.hpp"
#include "media/record_channel.hpp"

#include <algorithm>

namespace timeloom {

namespace {

using clock = std::chrono::steady_clock;

constexpr auto progress_interval = std::chrono::milliseconds{200};
constexpr auto sign_interval = std::chrono::seconds{1}; // while no frame comes
constexpr int thumbnail_px = 320;                       // the longer side
constexpr std::size_t largest_thumbnail = max_record_bytes / 2;
constexpr std::size_t events_a_record = 32;

/// The scene with its thumbnail, in the shape that the upright picture has.
scene with_thumbnail(segmented_scene&& found, const media_facts& facts) {
  const double scale = std::min(1.0, static_cast<double>(thumbnail_px) / std::max({facts.width, facts.height, 1}));
  const auto side = [&](int px) { return std::max(2, static_cast<int>(px * scale + 0.5)); };
  const small_frame picture{found.scene.representative, found.luma.view(), found.cb.view(), found.cr.view(),
                            found.matrix};
  // A scene without a picture is still a scene.
  if (picture.luma.width > 0)
    if (auto jpeg = encode_jpeg(picture, side(facts.width), side(facts.height));
        jpeg && jpeg->size() <= largest_thumbnail)
      found.scene.thumbnail_jpeg = std::move(*jpeg);
  return std::move(found.scene);
}

} // namespace

media_run::media_run(media_order order, unique_fd input, frame_ring ring,
                     std::function<void(const media_report&)> report)
    : order_(std::move(order)),
      input_(std::move(input)),
      ring_(std::move(ring)),
      report_(std::move(report)),
      pipeline_(order_.analyzers, order_.options) {
  for (int slot = ring_.shape().slots - 1; slot >= 0; --slot)
    free_slots_.push_back(slot);
  decoder_ = std::thread{[this] { decode(); }};
  analyzer_ = std::thread{[this] { analyze(); }};
}

media_run::~media_run() {
  cancel();
  analyzer_.join();
}

void media_run::release(const std::vector<int>& slots) {
  const std::lock_guard lock{mutex_};
  for (const int slot : slots)
    if (slot >= 0 && slot < ring_.shape().slots &&
        std::find(free_slots_.begin(), free_slots_.end(), slot) == free_slots_.end())
      free_slots_.push_back(slot);
  changed_.notify_all();
}

void media_run::cancel() {
  cancelled_ = true;
  decoded_.close();
  const std::lock_guard lock{mutex_};
  changed_.notify_all();
}

void media_run::decode() {
  const auto end_with = [this](expected<media_facts> outcome) {
    {
      const std::lock_guard lock{mutex_};
      outcome_ = std::move(outcome);
    }
    decoded_.close();
  };
  media_progress latest{order_.job, 0, media_time{0}, media_time{0}};
  auto told = clock::now(); // a frame, or that there is none yet
  auto options = order_.source;
  options.still_at_it = [&] {
    if (clock::now() - told < sign_interval)
      return;
    told = clock::now();
    report_(latest);
  };
  auto source = open_source(std::move(input_), order_.is_folder, order_.name, options);
  if (!source)
    return end_with(tl::unexpected{source.error()});
  if (!order_.frames.empty())
    *source = choose_frames(
        std::move(*source), order_.frames, [this, told = clock::now()](const frame_position& wanted) mutable {
          if (clock::now() - told >= progress_interval) {
            told = clock::now();
            report_(media_progress{order_.job, wanted.index, wanted.time, order_.frames.back().time});
          }
          return !cancelled_;
        });
  else if (!pipeline_.looks())
    (*source)->leave_out([wanted = clocks()](media_time time) mutable {
      return std::ranges::count_if(wanted, [time](auto& clock) { return clock.picks(time); }) > 0; // each is asked
    });
  if (std::find(order_.analyzers.begin(), order_.analyzers.end(), "audio_levels") != order_.analyzers.end())
    (*source)->listen([this](sound_block block) { return decoded_.push(std::move(block)); });
  for (bool first = true; !cancelled_; first = false) {
    auto frame = (*source)->next();
    if (!frame)
      return end_with(tl::unexpected{frame.error()});
    if (!*frame) {
      auto facts = (*source)->finish();
      {
        const std::lock_guard lock{mutex_};
        sound_ = (*source)->sound();
        cost_ = (*source)->cost();
      }
      return end_with(std::move(facts));
    }
    if (first) {
      const std::lock_guard lock{mutex_};
      outcome_ = (*source)->facts();
    }
    latest = {order_.job, (*frame)->at.index + 1, (*frame)->at.time, (*source)->facts().duration};
    decoded_.push(std::move(**frame));
    told = clock::now();
  }
}

void media_run::analyze() {
  auto result = analyze_frames();
  decoder_.join(); // with the last report nothing of this run goes on
  if (cancelled_)
    result = fail(errc::cancelled, "the analysis of {} was cancelled", order_.name);
  if (result)
    report_(std::move(*result));
  else
    report_(media_failed{order_.job, result.error()});
}

expected<media_finished> media_run::analyze_frames() {
  picture_reducer reducer;
  picture_sampler sampler;
  auto sampling = clocks();
  std::int64_t unusable = 0; // frames that were decoded, but into something that cannot be converted
  std::string why_unusable;
  media_facts facts;
  std::int64_t thumbnail_bytes = 0;
  const auto send_scenes = [&](std::vector<segmented_scene> closed) {
    std::vector<scene> scenes;
    for (auto& one : closed) {
      const bool has_room = thumbnail_bytes < most_finds_bytes / 2;
      scenes.push_back(has_room ? with_thumbnail(std::move(one), facts) : std::move(one.scene));
      thumbnail_bytes += static_cast<std::int64_t>(scenes.back().thumbnail_jpeg.size());
    }
    send_finds(pipeline_.take_events(), std::move(scenes));
  };

  frame_position at{-1}; // of the last frame
  auto next_progress = clock::now();
  while (auto item = decoded_.pop()) {
    if (cancelled_)
      break;
    if (const auto now = clock::now(); now >= next_progress) {
      next_progress = now + progress_interval;
      report_(media_progress{order_.job, at.index + 1, at.time, facts.duration});
    }
    if (const auto* block = std::get_if<sound_block>(&*item)) {
      pipeline_.hear(*block);
      continue;
    }
    const auto* frame = std::get_if<decoded_frame>(&*item);
    at = frame->at;
    if (facts.frames == 0) {
      const std::lock_guard lock{mutex_};
      facts = *outcome_;
    }
    expected<void> usable;
    pipeline_.pass(at);
    if (pipeline_.looks()) {
      if (const auto small = reducer.reduce(*frame))
        pipeline_.see(*small);
      else
        usable = tl::unexpected{small.error()};
    }
    send_scenes(pipeline_.take_scenes());
    if (frame->picture)
      if (auto sampled = sample(*frame, sampler, sampling); !sampled)
        usable = std::move(sampled);
    if (!usable && ++unusable == 1)
      why_unusable = usable.error().message;
  }
  if (cancelled_)
    return media_finished{};
  std::optional<sound_facts> sound;
  std::optional<decoding_cost> cost;
  {
    const std::lock_guard lock{mutex_};
    if (!outcome_)
      return tl::unexpected{outcome_.error()};
    facts = *outcome_;
    sound = sound_;
    cost = cost_;
  }
  if (unusable > 0) {
    facts.decode_errors += unusable;
    facts.decode_notes.push_back(fmt::format("{} frames cannot be looked at: {}", unusable, why_unusable));
  }
  pipeline_.finish(facts.duration, sound);
  send_scenes(pipeline_.take_scenes());

  facts.path.clear(); // the coordinator knows it, byte by byte
  media_finished finished{order_.job, facts, {}, media_library_versions(), cost};
  for (const auto& used : pipeline_.used()) {
    analyzer_report report;
    report.id = used.analyzer;
    report.status = used.status;
    report.reason = used.reason;
    report.backend = used.backend;
    report.device = "cpu";
    report.frames = used.frames;
    report.seconds = used.seconds;
    report.rate_hz = used.analyzer == "color_analysis"    ? order_.options.color_analysis.rate_hz
                     : used.analyzer == "camera_analysis" ? order_.options.camera_analysis.rate_hz
                                                          : 0;
    finished.reports.push_back(std::move(report));
  }
  return finished;
}

std::vector<sampling_clock> media_run::clocks() const {
  std::vector<sampling_clock> clocks;
  for (const auto& consumer : order_.consumers)
    clocks.emplace_back(consumer.rate_hz);
  return clocks;
}

expected<void> media_run::sample(const decoded_frame& frame, picture_sampler& sampler,
                                 std::vector<sampling_clock>& clocks) {
  // Consumers that want the same shape at the same moment share one picture.
  std::vector<std::pair<sample_shape, std::vector<int>>> wanted;
  for (std::size_t i = 0; i < clocks.size(); ++i) {
    if (!clocks[i].picks(frame.at.time))
      continue;
    const auto& shape = order_.consumers[i].shape;
    const auto same =
        std::find_if(wanted.begin(), wanted.end(), [&](const auto& group) { return group.first == shape; });
    if (same == wanted.end())
      wanted.push_back({shape, {static_cast<int>(i)}});
    else
      same->second.push_back(static_cast<int>(i));
  }
  for (auto& [shape, consumers] : wanted) {
    const auto slot = wait_for_slot();
    if (!slot)
      return {};
    const auto size = sampler.sample(frame, shape, ring_.writable(*slot));
    if (!size) {
      release({*slot});
      return tl::unexpected{size.error()};
    }
    report_(media_frame{order_.job, *slot, frame.at, *size, shape.format, std::move(consumers)});
  }
  return {};
}

std::optional<int> media_run::wait_for_slot() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return cancelled_ || !free_slots_.empty(); });
  if (cancelled_)
    return std::nullopt;
  const int slot = free_slots_.back();
  free_slots_.pop_back();
  return slot;
}

void media_run::send_finds(std::vector<event> events, std::vector<scene> scenes) {
  for (std::size_t at = 0; at < events.size(); at += events_a_record) {
    const auto begin = events.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end = events.begin() + static_cast<std::ptrdiff_t>(std::min(at + events_a_record, events.size()));
    report_(media_finds{order_.job, {std::make_move_iterator(begin), std::make_move_iterator(end)}, {}});
  }
  for (auto& one : scenes)
    report_(media_finds{order_.job, {}, {std::move(one)}});
}

} // namespace timeloom
