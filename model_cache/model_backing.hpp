/// What a `model_cache` asks of a model: to move. It owns the weights; the cache decides where they are.
#pragma once

#include "core/error.hpp"

#include <cstdint>

namespace timeloom {

/// The cache makes one call at a time for each model, from whichever thread leases; it makes calls for different
/// models at once. Nothing here throws.
class model_backing {
public:
  virtual ~model_backing() = default;

  /// The most that a load takes of the device at once, as far as known before: the file's size or the last
  /// measurement. Quick.
  virtual std::int64_t expected_load_bytes() const = 0;

  /// Disk -> device. Gives the bytes that the device really holds then; a failure leaves nothing there.
  virtual expected<std::int64_t> load() = 0;

  /// What a copy on the host takes of a model that holds `device_bytes`. Quick.
  virtual std::int64_t host_bytes(std::int64_t device_bytes) const { return device_bytes; }

  /// Copies device -> pinned host memory; the device's copy stays until `drop_device`, and may be used meanwhile. A
  /// failure leaves no host copy.
  virtual expected<void> offload() = 0;

  /// Copies host -> device; the host's copy stays until `drop_host`. A failure leaves nothing on the device.
  virtual expected<void> restore() = 0;

  /// Free a copy; nothing happens without one.
  virtual void drop_device() = 0;
  virtual void drop_host() = 0;

  /// A checksum of the weights on the device: the same for the same weights, wherever they lie.
  virtual expected<std::uint64_t> check_value() = 0;
};

} // namespace timeloom
