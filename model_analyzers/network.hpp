/// A model of the manifest as a worker runs it: leased from the cache while a batch is on it.
///
/// Any thread may call the members, several at once.
#pragma once

#include "analyzers/batch_analyzer.hpp"
#include "core/histogram.hpp"
#include "model_analyzers/picture_batch.hpp"
#include "model_cache/manifest.hpp"
#include "model_cache/model_cache.hpp"

#include <ATen/core/Tensor.h>
#include <atomic>
#include <c10/core/Device.h>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>

namespace timeloom {

class network {
public:
  /// Makes finds of what a network gives for the pictures, in float32 and on its device.
  using reader = std::function<expected<std::vector<picture_finds>>(const at::Tensor& output)>;

  /// Registers `entry` in `cache`, which must outlive it.
  static expected<std::shared_ptr<network>> create(model_cache& cache, const model_entry& entry, picture_fit fit,
                                                   c10::Device device);

  /// Brings the model to the device.
  expected<void> prepare();

  /// How long the pictures of a batch took to the device; nothing recorded where that is a CPU.
  histogram upload_seconds() const;

  /// The most that computing took so far, of each picture of a batch; 0 before the model was there.
  std::int64_t workspace_bytes() const { return workspace_a_picture_; }

  /// Runs the model on `frames`; errors as `batch_analyzer::look` has them.
  expected<std::vector<picture_finds>> look(std::span<const sampled_frame> frames, const reader& read);

  const model_entry& entry() const { return entry_; }
  const network_input& input() const { return input_; }
  std::string backend() const;
  std::string device() const;

private:
  network(model_cache& cache, const model_entry& entry, picture_fit fit, c10::Device device);
  void expect_workspace(std::int64_t a_picture);
  expected<std::vector<picture_finds>> look_with(const expected<model_lease>& lease,
                                                 std::span<const sampled_frame> frames, const reader& read);

  model_cache& cache_;
  model_entry entry_;
  network_input input_;
  c10::Device device_;
  std::atomic<std::int64_t> workspace_a_picture_ = 0; // the most that was measured, bytes
  mutable std::mutex mutex_;
  histogram upload_seconds_; // guarded by mutex_
};

} // namespace timeloom
