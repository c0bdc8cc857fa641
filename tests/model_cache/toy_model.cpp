#include "tests/model_cache/toy_model.hpp"

#include "tests/catch.hpp"

#include <algorithm>
#include <sstream>

namespace timeloom {

namespace {

/// Says when two are alive at once.
class visit {
public:
  visit(std::atomic<bool>& busy, std::atomic<bool>& overlapped) : busy_(busy) {
    if (busy_.exchange(true))
      overlapped = true;
  }
  visit(const visit&) = delete;
  visit& operator=(const visit&) = delete;
  ~visit() { busy_ = false; }

private:
  std::atomic<bool>& busy_;
};

} // namespace

double toy_world::seconds() const {
  const std::lock_guard lock{mutex_};
  return seconds_;
}

std::int64_t toy_world::device_bytes() const {
  const std::lock_guard lock{mutex_};
  return device_bytes_;
}

std::int64_t toy_world::peak_device_bytes() const {
  const std::lock_guard lock{mutex_};
  return peak_device_bytes_;
}

std::int64_t toy_world::host_bytes() const {
  const std::lock_guard lock{mutex_};
  return host_bytes_;
}

void toy_world::pass(double seconds) {
  const std::lock_guard lock{mutex_};
  seconds_ += seconds;
}

void toy_world::move(std::int64_t to_device, std::int64_t to_host) {
  const std::lock_guard lock{mutex_};
  device_bytes_ += to_device;
  host_bytes_ += to_host;
  peak_device_bytes_ = std::max(peak_device_bytes_, device_bytes_);
}

toy_model::toy_model(toy_world& world, std::int64_t bytes, double load_seconds, double restore_seconds)
    : expected_bytes(bytes),
      world_(world),
      file_(static_cast<std::size_t>(bytes), 7),
      load_seconds_(load_seconds),
      restore_seconds_(restore_seconds) {}

void toy_model::put(weights& copy, weights value, int device, int host) {
  const auto change = static_cast<std::int64_t>(value.size()) - static_cast<std::int64_t>(copy.size());
  copy = std::move(value);
  world_.move(device * change, host * change);
}

expected<std::int64_t> toy_model::load() {
  const visit now{busy_, overlapped};
  if (while_loading)
    while_loading();
  world_.pass(load_seconds_);
  if (load_failure)
    return tl::unexpected{*std::exchange(load_failure, {})};
  ++loads;
  put(device_, file_, 1, 0);
  return static_cast<std::int64_t>(file_.size());
}

expected<void> toy_model::offload() {
  const visit now{busy_, overlapped};
  world_.pass(0.25);
  if (offload_failure)
    return tl::unexpected{*std::exchange(offload_failure, {})};
  put(host_, device_, 0, 1);
  return {};
}

expected<void> toy_model::restore() {
  const visit now{busy_, overlapped};
  world_.pass(restore_seconds_);
  if (restore_failure)
    return tl::unexpected{*std::exchange(restore_failure, {})};
  put(device_, host_, 1, 0);
  return {};
}

void toy_model::drop_device() {
  const visit now{busy_, overlapped};
  put(device_, {}, 1, 0);
}

void toy_model::drop_host() {
  const visit now{busy_, overlapped};
  put(host_, {}, 0, 1);
}

/// FNV-1a.
expected<std::uint64_t> toy_model::check_value() {
  const visit now{busy_, overlapped};
  std::uint64_t hash = 14695981039346656037U;
  for (const std::uint8_t byte : device_)
    hash = (hash ^ byte) * 1099511628211U;
  return hash;
}

toy_cache::toy_cache(std::int64_t device_bytes, std::int64_t host_bytes, std::chrono::milliseconds patience)
    : cache({device_bytes, host_bytes, patience, [this] { return world.seconds(); }}) {}

toy_model& toy_cache::add(const std::string& id, std::int64_t bytes, double load_seconds, double restore_seconds) {
  auto made = std::make_unique<toy_model>(world, bytes, load_seconds, restore_seconds);
  toy_model& model = *made;
  REQUIRE(cache.add(id, std::move(made)));
  return model;
}

model_lease toy_cache::lease(const std::string& id) {
  auto given = cache.lease(id);
  INFO((given ? "" : given.error().message));
  REQUIRE(given);
  return std::move(*given);
}

void toy_cache::use(const std::string& ids) {
  std::istringstream words{ids};
  for (std::string id; words >> id;)
    lease(id);
}

void toy_cache::make_free(std::int64_t bytes) {
  REQUIRE(cache.reserve(memory_kind::kv, bytes));
}

std::string toy_cache::places() const {
  constexpr std::array names{"disk", "moving", "device", "host"};
  std::string text;
  for (const model_status& each : cache.models())
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", each.id, names.at(static_cast<std::size_t>(each.place)));
  return text;
}

model_place toy_cache::place(const std::string& id) const {
  const auto all = cache.models();
  return std::ranges::find(all, id, &model_status::id)->place;
}

} // namespace timeloom
