/// Models kept between videos, under a budget of device memory, in three tiers: device, host, disk.
///
/// What was copied to the host stays there when it comes back to the device, as long as the host's budget has room:
/// weights do not change, so the next eviction costs nothing.
///
/// A worker process owns one. It knows sizes, residency and leases, not networks. Any thread may call any function;
/// while a model moves, others can be leased. Leases and reservations must be gone before the cache is.
///
/// What is evicted first: GreedyDual-Size (P. Cao, S. Irani, "Cost-Aware WWW Proxy Caching Algorithms", USENIX
/// Symposium on Internet Technologies and Systems, 1997). A model's priority is set when a lease of it is returned:
///
///     clock + cost / size        cost: seconds that it last took to come to the device; size: its device bytes
///
/// The idle model with the least goes, of equals the one unused for longest, and the clock becomes its priority. With
/// equal cost / size this is LRU; a model that is dear to load again survives others until the clock overtakes it.
#pragma once

#include "core/error.hpp"
#include "model_cache/memory_ledger.hpp"
#include "model_cache/model_backing.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace timeloom {

struct model_cache_options {
  std::int64_t device_budget_bytes = 0;
  std::int64_t host_budget_bytes = 0;        ///< for offloaded models; 0: evicted models go to disk
  std::chrono::milliseconds patience{30000}; ///< how long a request waits for leases and reservations to be returned
  std::function<double()> seconds;           ///< measures moves; any thread; empty: the steady clock
};

/// `moving` is also a model that waits for room.
enum class model_place : std::uint8_t { disk, moving, device, host };

struct tally {
  std::int64_t count = 0;
  std::int64_t bytes = 0;
  double seconds = 0;

  bool operator==(const tally&) const = default;
};

struct model_cache_statistics {
  tally hits;             ///< leases of models that were on the device already
  tally misses;           ///< the other leases that were given; seconds with all waiting
  tally loads;            ///< disk -> device
  tally restores;         ///< host -> device, weights right
  tally corrupt_restores; ///< host -> device, weights wrong; a load follows
  tally evictions;        ///< off the device, to the host or dropped
  tally offloads;         ///< copies to the host, at an eviction or ahead of it
  tally failed_offloads;  ///< copies that failed; at an eviction the model was dropped

  bool operator==(const model_cache_statistics&) const = default;
};

struct model_status {
  std::string id;
  model_place place = model_place::disk;
  std::int64_t bytes = 0; ///< on the device, as last measured; 0 before the first load
  int leases = 0;
  bool pinned = false;
};

class model_cache;
struct cached_model;

/// While it lives, its model stays on the device and its workspace is charged. Move only; any thread may end it.
class model_lease {
public:
  /// What was registered.
  model_backing& backing() const;

private:
  friend model_cache;
  struct give_back {
    model_cache* cache = nullptr;
    std::int64_t workspace_bytes = 0;
    void operator()(cached_model* leased) const;
  };
  explicit model_lease(std::unique_ptr<cached_model, give_back> held) : held_(std::move(held)) {}

  std::unique_ptr<cached_model, give_back> held_;
};

/// While it lives, its bytes are charged. Move only; any thread may end it.
class memory_reservation {
  friend model_cache;
  struct give_back {
    memory_kind kind{};
    std::int64_t bytes = 0;
    void operator()(model_cache* cache) const;
  };
  explicit memory_reservation(std::unique_ptr<model_cache, give_back> held) : held_(std::move(held)) {}

  std::unique_ptr<model_cache, give_back> held_;
};

class model_cache {
public:
  explicit model_cache(model_cache_options options);
  ~model_cache();
  model_cache(const model_cache&) = delete;
  model_cache& operator=(const model_cache&) = delete;

  /// Registers a model that is on disk only. Fails with `errc::invalid_argument` when `id` is taken.
  expected<void> add(std::string id, std::unique_ptr<model_backing> backing);

  /// From now on the model, once on the device, is never evicted. Fails with `errc::not_found`.
  expected<void> pin(const std::string& id);

  /// The model, on the device, with `workspace_bytes` to compute in. Loads or restores it when it is not there, after
  /// evicting idle models until it fits; when the rest is in use, waits for that as long as the options say, then
  /// fails with `errc::exhausted` and the sizes; what can never fit fails at once. Who waits holds nothing, so two
  /// requests never wait for each other. Fails with `errc::not_found`, or as the backing does. A model that another
  /// thread brings is waited for.
  expected<model_lease> lease(const std::string& id, std::int64_t workspace_bytes = 0);

  /// As `lease`, with all the rest of the budget as workspace: no other model is on the device, and nobody computes.
  expected<model_lease> lease_alone(const std::string& id);

  /// Makes the leased model's copy on the host now, so that it leaves the device quickly when another needs the room.
  /// Without effect when there is one, when the host's budget has no room without dropping another, or when all models
  /// fit the device together. A copy that fails is not there.
  void copy_ahead(const model_lease& of);

  /// Whether a request waits for room, or for a lease to end that it needs. Who leases for long may let it go first.
  bool is_short() const;

  /// Room for something besides the weights, made as for a lease; fails with `errc::exhausted`.
  expected<memory_reservation> reserve(memory_kind kind, std::int64_t bytes);

  /// See `memory_ledger::reconcile`. `measure` gives the bytes that are taken now; it is called with the lock held, so
  /// that nothing is charged or released meanwhile. Models charge before they move in, and release after they left.
  void reconcile(const std::function<std::int64_t()>& measure);

  memory_ledger ledger() const;    ///< a copy, as of now
  std::int64_t host_bytes() const; ///< of the host's budget, taken
  model_cache_statistics statistics() const;
  std::vector<model_status> models() const; ///< by id

private:
  friend model_lease;
  friend memory_reservation;
  using lock_type = std::unique_lock<std::mutex>;
  using deadline_type = std::chrono::steady_clock::time_point;

  /// A model whose copy on the host is to be dropped, and its place after that.
  struct dropped_copy {
    cached_model* model;
    model_place place;
  };

  expected<model_lease> lease_with(const std::string& id, std::optional<std::int64_t> workspace);
  // All of these are called with the lock held; those that take it let go of it in between.
  expected<void> load(cached_model& wanted, lock_type& lock, deadline_type deadline);
  expected<void> restore(cached_model& wanted, lock_type& lock, deadline_type deadline);
  expected<void> make_room(memory_kind kind, std::int64_t bytes, lock_type& lock, deadline_type deadline);
  expected<void> try_room(memory_kind kind, std::int64_t bytes, lock_type& lock);
  bool never_fits(std::int64_t bytes, std::int64_t beside) const;
  bool evict_one(lock_type& lock);
  std::optional<std::vector<dropped_copy>> claim_host(std::int64_t bytes);
  void forget_copy(cached_model& of);
  void settle(cached_model& moved, model_place place);
  bool can_be_freed(std::int64_t bytes) const;
  bool all_fit() const;
  std::int64_t pinned_bytes() const;
  std::string residents() const;

  void give_back(cached_model& leased, std::int64_t workspace_bytes);
  void give_back(memory_kind kind, std::int64_t bytes);
  deadline_type deadline() const { return std::chrono::steady_clock::now() + options_.patience; }

  const model_cache_options options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_; // a place, a lease or a charge
  // All below is guarded by the mutex.
  std::map<std::string, std::unique_ptr<cached_model>> models_;
  memory_ledger ledger_;
  std::int64_t host_bytes_ = 0;
  double clock_ = 0;
  std::int64_t uses_ = 0; // numbers what has an order: ends of leases, offloads
  int waiting_ = 0;       // requests, for room
  bool evicting_ = false; // one at a time, so that two requests never evict for the same bytes
  model_cache_statistics statistics_;
};

} // namespace timeloom
