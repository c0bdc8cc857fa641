/// A model of a few bytes that really move, in a world that counts them and whose time is virtual.
#pragma once

#include "model_cache/model_cache.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace timeloom {

/// What all toy models of a test hold, and what time it is. Any thread.
class toy_world {
public:
  double seconds() const;
  std::int64_t device_bytes() const;
  std::int64_t peak_device_bytes() const;
  std::int64_t host_bytes() const;

  void pass(double seconds);
  void move(std::int64_t to_device, std::int64_t to_host);

private:
  mutable std::mutex mutex_;
  double seconds_ = 0;
  std::int64_t device_bytes_ = 0;
  std::int64_t peak_device_bytes_ = 0;
  std::int64_t host_bytes_ = 0;
};

/// An offload takes a quarter of a second.
class toy_model : public model_backing {
public:
  toy_model(toy_world& world, std::int64_t bytes, double load_seconds, double restore_seconds);

  std::int64_t expected_load_bytes() const override { return expected_bytes; }
  expected<std::int64_t> load() override;
  expected<void> offload() override;
  expected<void> restore() override;
  void drop_device() override;
  void drop_host() override;
  expected<std::uint64_t> check_value() override;

  /// Turns a bit of the host's copy.
  void damage_host_copy() { host_.front() ^= 1; }

  std::int64_t expected_bytes;
  std::optional<error> load_failure; ///< what the next load, offload, ... fails with
  std::optional<error> offload_failure;
  std::optional<error> restore_failure;
  std::function<void()> while_loading; ///< called within the load
  int loads = 0;
  std::atomic<bool> overlapped = false; ///< whether two calls were made at once

private:
  using weights = std::vector<std::uint8_t>;
  void put(weights& copy, weights value, int device, int host);

  toy_world& world_;
  const weights file_;
  const double load_seconds_;
  const double restore_seconds_;
  weights device_;
  weights host_;
  std::atomic<bool> busy_ = false;
};

/// A cache of toy models.
struct toy_cache {
  explicit toy_cache(std::int64_t device_bytes, std::int64_t host_bytes = 0,
                     std::chrono::milliseconds patience = std::chrono::minutes{1});

  toy_model& add(const std::string& id, std::int64_t bytes, double load_seconds = 1, double restore_seconds = 1);

  /// A lease that must be given.
  model_lease lease(const std::string& id);

  /// Leases in turn, each given back at once: "a b c".
  void use(const std::string& ids);

  /// Makes that much of the device's budget free, for a moment.
  void make_free(std::int64_t bytes);

  /// "a:device b:host".
  std::string places() const;
  model_place place(const std::string& id) const;

  toy_world world;
  model_cache cache; ///< goes before the world
};

} // namespace timeloom
