/// A TorchScript model in the hands of the cache: loaded, moved and dropped as the cache says.
#pragma once

#include "model_analyzers/picture_batch.hpp"
#include "model_cache/manifest.hpp"
#include "model_cache/model_backing.hpp"
#include "models/script_model.hpp"

#include <atomic>
#include <optional>

namespace timeloom {

class script_backing final : public model_backing {
public:
  script_backing(model_entry entry, picture_size input, c10::Device device);

  /// The model; it must be on the device, held there by a lease.
  const script_model& model() const { return *model_; }

  /// What a run on one picture takes besides the weights, measured by the last load. Any thread.
  std::int64_t workspace_bytes() const { return workspace_bytes_; }

  expected<std::int64_t> load() override;
  expected<void> offload() override;
  expected<void> restore() override;
  void drop_device() override;
  void drop_host() override;
  std::int64_t expected_load_bytes() const override;
  expected<std::uint64_t> check_value() override;

private:
  expected<script_model> load_as(at::ScalarType dtype);

  model_entry entry_;
  picture_size input_;
  c10::Device device_;
  std::optional<script_model> model_;
  std::atomic<std::int64_t> load_bytes_; // measured by the last load; before, the file's
  std::atomic<std::int64_t> workspace_bytes_ = 0;
};

} // namespace timeloom
