#include "model_cache/model_cache.hpp"

#include "core/bytes_text.hpp"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <utility>

namespace timeloom {

/// While `place` is `moving`, the thread that moves it may use `backing` and `check` without the lock.
struct cached_model {
  std::string id;
  std::unique_ptr<model_backing> backing;
  model_place place = model_place::disk;
  std::int64_t bytes = 0;     // charged while on the device or moving there
  bool has_copy = false;      // on the host; it stays when the model comes back, for weights do not change
  bool is_copied = false;     // ahead; meanwhile it is leased
  std::uint64_t check = 0;    // of the host's copy
  double reload_seconds = 0;  // last load or restore
  double priority = 0;        // see the header
  std::int64_t last_use = 0;  // as `uses_` was
  std::int64_t offloaded = 0; // as `uses_` was
  int leases = 0;
  bool pinned = false;

  std::int64_t host_bytes() const { return backing->host_bytes(bytes); } // taken from the host's budget by a copy
  bool is_idle() const { return place == model_place::device && leases == 0 && !pinned; }
};

namespace {

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

model_cache_options with_clock(model_cache_options options) {
  if (!options.seconds)
    options.seconds = steady_seconds;
  return options;
}

void add_to(tally& sum, std::int64_t bytes, double seconds) {
  ++sum.count;
  sum.bytes += bytes;
  sum.seconds += seconds;
}

} // namespace

model_backing& model_lease::backing() const {
  return *held_->backing;
}

void model_lease::give_back::operator()(cached_model* leased) const {
  cache->give_back(*leased, workspace_bytes);
}

void memory_reservation::give_back::operator()(model_cache* cache) const {
  cache->give_back(kind, bytes);
}

model_cache::model_cache(model_cache_options options)
    : options_(with_clock(std::move(options))), ledger_(options_.device_budget_bytes) {}

model_cache::~model_cache() {
  assert(std::ranges::all_of(models_, [](const auto& each) { return each.second->leases == 0; }));
}

expected<void> model_cache::add(std::string id, std::unique_ptr<model_backing> backing) {
  const lock_type lock{mutex_};
  if (models_.contains(id))
    return fail(errc::invalid_argument, "the model {} is in the cache already", id);
  auto added = std::make_unique<cached_model>();
  added->id = id;
  added->backing = std::move(backing);
  models_.emplace(std::move(id), std::move(added));
  return {};
}

expected<void> model_cache::pin(const std::string& id) {
  const lock_type lock{mutex_};
  const auto found = models_.find(id);
  if (found == models_.end())
    return fail(errc::not_found, "no model {} is in the cache", id);
  found->second->pinned = true;
  return {};
}

expected<model_lease> model_cache::lease(const std::string& id, std::int64_t workspace_bytes) {
  return lease_with(id, workspace_bytes);
}

expected<model_lease> model_cache::lease_alone(const std::string& id) {
  return lease_with(id, std::nullopt);
}

expected<model_lease> model_cache::lease_with(const std::string& id, std::optional<std::int64_t> workspace) {
  const double asked = options_.seconds();
  const auto until = deadline();
  lock_type lock{mutex_};
  const auto found = models_.find(id);
  if (found == models_.end())
    return fail(errc::not_found, "no model {} is in the cache", id);
  cached_model& wanted = *found->second;
  const bool resident = wanted.place == model_place::device;
  for (bool expired = false;;) {
    expected<void> brought;
    if (wanted.place == model_place::moving) {
      changed_.wait(lock);
    } else if (wanted.place == model_place::host) {
      brought = restore(wanted, lock, until);
    } else if (wanted.place == model_place::disk) {
      brought = load(wanted, lock, until);
    } else {
      ++wanted.leases; // so that it does not go for its own workspace
      const auto workspace_bytes =
          workspace.value_or(ledger_.budget_bytes() - ledger_.unaccounted_bytes() - wanted.bytes);
      brought = try_room(memory_kind::workspace, workspace_bytes, lock);
      if (brought) {
        add_to(resident ? statistics_.hits : statistics_.misses, wanted.bytes, options_.seconds() - asked);
        return model_lease{{&wanted, model_lease::give_back{this, workspace_bytes}}};
      }
      --wanted.leases;
      if (brought.error().code == errc::exhausted && !expired && !never_fits(workspace_bytes, wanted.bytes)) {
        ++waiting_;
        expired = changed_.wait_until(lock, until) == std::cv_status::timeout;
        --waiting_;
        continue;
      }
    }
    if (!brought)
      return tl::unexpected{error{brought.error().code, fmt::format("model {}: {}", id, brought.error().message)}};
  }
}

void model_cache::copy_ahead(const model_lease& of) {
  lock_type lock{mutex_};
  cached_model& leased = *of.held_;
  const auto bytes = leased.host_bytes();
  if (leased.has_copy || leased.is_copied || host_bytes_ + bytes > options_.host_budget_bytes || all_fit())
    return;
  host_bytes_ += bytes;
  leased.is_copied = true;
  const double start = options_.seconds();
  lock.unlock();
  const auto check = leased.backing->check_value();
  const bool copied = check && leased.backing->offload();
  lock.lock();
  leased.is_copied = false;
  leased.has_copy = true;
  leased.check = check.value_or(0);
  leased.offloaded = ++uses_;
  add_to(copied ? statistics_.offloads : statistics_.failed_offloads, leased.bytes, options_.seconds() - start);
  if (!copied)
    forget_copy(leased);
}

bool model_cache::is_short() const {
  const lock_type lock{mutex_};
  return waiting_ > 0;
}

expected<memory_reservation> model_cache::reserve(memory_kind kind, std::int64_t bytes) {
  const auto until = deadline();
  lock_type lock{mutex_};
  return make_room(kind, bytes, lock, until).map([&] {
    return memory_reservation{{this, memory_reservation::give_back{kind, bytes}}};
  });
}

void model_cache::reconcile(const std::function<std::int64_t()>& measure) {
  const lock_type lock{mutex_};
  ledger_.reconcile(measure());
  changed_.notify_all();
}

memory_ledger model_cache::ledger() const {
  const lock_type lock{mutex_};
  return ledger_;
}

std::int64_t model_cache::host_bytes() const {
  const lock_type lock{mutex_};
  return host_bytes_;
}

model_cache_statistics model_cache::statistics() const {
  const lock_type lock{mutex_};
  return statistics_;
}

std::vector<model_status> model_cache::models() const {
  const lock_type lock{mutex_};
  std::vector<model_status> all;
  for (const auto& [id, each] : models_)
    all.push_back({id, each->place, each->bytes, each->leases, each->pinned});
  return all;
}

/// Disk -> device. What a load takes beyond what was expected is booked after it; when that does not fit, the load is
/// undone and admitted once more with the size that was measured.
expected<void> model_cache::load(cached_model& wanted, lock_type& lock, deadline_type deadline) {
  wanted.place = model_place::moving;
  for (;;) {
    const std::int64_t admitted = std::max(wanted.bytes, wanted.backing->expected_load_bytes());
    if (auto room = make_room(memory_kind::weights, admitted, lock, deadline); !room) {
      settle(wanted, model_place::disk);
      return room;
    }
    const double start = options_.seconds();
    lock.unlock();
    const auto loaded = wanted.backing->load();
    lock.lock();
    const double seconds = options_.seconds() - start;
    if (!loaded) {
      ledger_.release(memory_kind::weights, admitted);
      settle(wanted, model_place::disk);
      return tl::unexpected{loaded.error()};
    }
    wanted.bytes = *loaded;
    add_to(statistics_.loads, wanted.bytes, seconds);
    const std::int64_t beyond = wanted.bytes - admitted;
    while (beyond > ledger_.free_bytes() && can_be_freed(beyond) && !evicting_)
      evict_one(lock);
    if (beyond <= 0 || ledger_.charge(memory_kind::weights, beyond)) {
      if (beyond < 0)
        ledger_.release(memory_kind::weights, -beyond);
      wanted.reload_seconds = seconds;
      settle(wanted, model_place::device);
      return {};
    }
    lock.unlock();
    wanted.backing->drop_device();
    lock.lock();
    ledger_.release(memory_kind::weights, admitted);
    changed_.notify_all();
  }
}

/// Host -> device; a copy that is not what was offloaded is dropped, which leaves the model on disk, else it stays.
expected<void> model_cache::restore(cached_model& wanted, lock_type& lock, deadline_type deadline) {
  wanted.place = model_place::moving;
  if (auto room = make_room(memory_kind::weights, wanted.bytes, lock, deadline); !room) {
    settle(wanted, model_place::host);
    return room;
  }
  const double start = options_.seconds();
  lock.unlock();
  model_backing& backing = *wanted.backing;
  const auto check = backing.restore().and_then([&] { return backing.check_value(); });
  const bool right = check && *check == wanted.check;
  const bool keep = right || (!check && check.error().code == errc::exhausted); // the device is full; the copy is fine
  if (!right)
    backing.drop_device();
  if (!keep)
    backing.drop_host();
  lock.lock();
  const double seconds = options_.seconds() - start;
  if (right)
    wanted.reload_seconds = seconds;
  else
    ledger_.release(memory_kind::weights, wanted.bytes);
  if (!keep)
    forget_copy(wanted);
  settle(wanted, right ? model_place::device : keep ? model_place::host : model_place::disk);
  if (!check)
    return tl::unexpected{check.error()};
  add_to(right ? statistics_.restores : statistics_.corrupt_restores, wanted.bytes, seconds);
  return {};
}

/// Charges `bytes` when they fit, be it after idle models went, which go only when that is enough. While another
/// request evicts, that counts as not fitting.
expected<void> model_cache::try_room(memory_kind kind, std::int64_t bytes, lock_type& lock) {
  for (;;) {
    auto charged = ledger_.charge(kind, bytes);
    if (charged || charged.error().code != errc::exhausted || evicting_ || !can_be_freed(bytes))
      return charged;
    evict_one(lock);
  }
}

/// Charges `bytes` once they fit.
expected<void> model_cache::make_room(memory_kind kind, std::int64_t bytes, lock_type& lock, deadline_type deadline) {
  for (bool expired = false;;) {
    auto charged = try_room(kind, bytes, lock);
    if (charged || charged.error().code != errc::exhausted)
      return charged;
    if (evicting_) {
      changed_.wait(lock);
    } else if (never_fits(bytes, 0)) {
      return fail(errc::exhausted, "{}{}", charged.error().message, residents());
    } else if (expired) {
      return fail(errc::exhausted, "{}{}; waited {} ms", charged.error().message, residents(),
                  options_.patience.count());
    } else {
      ++waiting_;
      expired = changed_.wait_until(lock, deadline) == std::cv_status::timeout;
      --waiting_;
    }
  }
}

/// Takes the idle model of least priority off the device; false when none is idle. Nobody else may be evicting.
bool model_cache::evict_one(lock_type& lock) {
  cached_model* victim = nullptr;
  for (const auto& [id, each] : models_)
    if (each->is_idle() &&
        (!victim || std::tie(each->priority, each->last_use) < std::tie(victim->priority, victim->last_use)))
      victim = each.get();
  if (!victim)
    return false;
  // A model that was pinned or leased for long may lie behind the clock, which never goes back.
  clock_ = std::max(clock_, victim->priority);
  const bool had_copy = victim->has_copy;
  std::optional<std::vector<dropped_copy>> dropped;
  if (!had_copy)
    dropped = claim_host(victim->host_bytes());
  victim->place = model_place::moving;
  evicting_ = true;
  const double start = options_.seconds();
  lock.unlock();
  model_backing& backing = *victim->backing;
  bool kept = had_copy;
  if (dropped) {
    for (const auto& old : *dropped)
      old.model->backing->drop_host();
    const auto check = backing.check_value();
    kept = check && backing.offload();
    victim->check = check.value_or(0);
  }
  backing.drop_device();
  lock.lock();
  const double seconds = options_.seconds() - start;
  evicting_ = false;
  ledger_.release(memory_kind::weights, victim->bytes);
  add_to(statistics_.evictions, victim->bytes, seconds);
  if (dropped) {
    add_to(kept ? statistics_.offloads : statistics_.failed_offloads, victim->bytes, seconds);
    for (const auto& old : *dropped)
      settle(*old.model, old.place);
    victim->has_copy = true;
    if (!kept)
      forget_copy(*victim);
  }
  victim->offloaded = ++uses_;
  settle(*victim, kept ? model_place::host : model_place::disk);
  return true;
}

/// Takes `bytes` of the host's budget, at the cost of the oldest copies there. Gives those, forgotten, marked as moving
/// and to be dropped, or nothing when the budget has no room even so.
std::optional<std::vector<model_cache::dropped_copy>> model_cache::claim_host(std::int64_t bytes) {
  std::vector<cached_model*> copies;
  for (const auto& [id, each] : models_)
    if (each->has_copy && each->place != model_place::moving)
      copies.push_back(each.get());
  std::ranges::sort(copies, {}, &cached_model::offloaded);
  std::int64_t left = host_bytes_ + bytes;
  auto end = copies.begin();
  for (; end != copies.end() && left > options_.host_budget_bytes; ++end)
    left -= (*end)->host_bytes();
  if (left > options_.host_budget_bytes)
    return std::nullopt;
  copies.erase(end, copies.end());
  std::vector<dropped_copy> dropped;
  for (cached_model* each : copies) {
    dropped.push_back({each, each->place == model_place::device ? model_place::device : model_place::disk});
    each->place = model_place::moving;
    each->has_copy = false;
  }
  host_bytes_ = left;
  return dropped;
}

void model_cache::forget_copy(cached_model& of) {
  of.has_copy = false;
  host_bytes_ -= of.host_bytes();
}

void model_cache::settle(cached_model& moved, model_place place) {
  moved.place = place;
  changed_.notify_all();
}

/// Whether evicting idle models would be enough for `bytes`.
bool model_cache::can_be_freed(std::int64_t bytes) const {
  std::int64_t sum = ledger_.free_bytes();
  for (const auto& [id, each] : models_)
    sum += each->is_idle() ? each->bytes : 0;
  return bytes <= sum;
}

/// Whether no model will have to leave the device, as far as is known.
bool model_cache::all_fit() const {
  std::int64_t sum = ledger_.unaccounted_bytes();
  for (const auto kind : {memory_kind::workspace, memory_kind::kv, memory_kind::context})
    sum += ledger_.charged_bytes(kind);
  for (const auto& [id, each] : models_)
    sum += each->bytes > 0 ? each->bytes : each->backing->expected_load_bytes();
  return sum <= ledger_.budget_bytes();
}

/// Whether `bytes` will not be free, whatever is given back, while `beside` stays on the device.
bool model_cache::never_fits(std::int64_t bytes, std::int64_t beside) const {
  return bytes > ledger_.budget_bytes() - ledger_.unaccounted_bytes() - std::max(beside, pinned_bytes());
}

std::int64_t model_cache::pinned_bytes() const {
  std::int64_t sum = 0;
  for (const auto& [id, each] : models_)
    sum += each->pinned && each->place == model_place::device ? each->bytes : 0;
  return sum;
}

/// For messages: what is on the device and cannot leave it.
std::string model_cache::residents() const {
  std::string text;
  for (const auto& [id, each] : models_)
    if (each->place == model_place::device && !each->is_idle())
      text += fmt::format("; {} holds {} ({}leases: {})", id, bytes_text(each->bytes), each->pinned ? "pinned, " : "",
                          each->leases);
  return text;
}

void model_cache::give_back(cached_model& leased, std::int64_t workspace_bytes) {
  const lock_type lock{mutex_};
  --leased.leases;
  ledger_.release(memory_kind::workspace, workspace_bytes);
  leased.last_use = ++uses_;
  leased.priority = clock_ + leased.reload_seconds / static_cast<double>(std::max<std::int64_t>(leased.bytes, 1));
  changed_.notify_all();
}

void model_cache::give_back(memory_kind kind, std::int64_t bytes) {
  const lock_type lock{mutex_};
  ledger_.release(kind, bytes);
  changed_.notify_all();
}

} // namespace timeloom
