/// What models were seen to take of the devices of this host, kept in a file between runs, so that a plan need not
/// guess. Only ever a hint: without the file everything runs as well, from less exact sizes.
#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace timeloom {

struct model_entry;

struct measured_model {
  std::int64_t weight_bytes = 0;
  std::int64_t workspace_bytes = 0; ///< of a picture
  double seconds = 0;               ///< of a picture, in a batch

  bool operator==(const measured_model&) const = default;
};

/// One owner, one thread.
class measured_models {
public:
  /// None. Those of the file `path` are read with `read_measured_models`.
  measured_models() = default;

  /// What is known of the model on a device of this name ("NVIDIA H200", "cpu"); null without a measurement. A file
  /// that was replaced is another model, and so is one with other input or numbers.
  const measured_model* find(const model_entry& model, const std::string& device) const;

  /// Takes the place of what was measured before.
  void set(const model_entry& model, const std::string& device, const measured_model& measured);

  bool operator==(const measured_models&) const = default;

private:
  friend expected<measured_models> read_measured_models(const std::string& path);
  friend expected<void> write_measured_models(const measured_models& models, const std::string& path);

  std::map<std::string, measured_model> models_; // by model and device
};

std::string measured_models_file();

/// None when there is no file yet. Fails with `errc::io`, or `errc::invalid_config` for one that does not fit.
expected<measured_models> read_measured_models(const std::string& path);

/// Replaces the file at once; makes its folder. Of two writers the last one wins. Fails with `errc::io`.
expected<void> write_measured_models(const measured_models& models, const std::string& path);

} // namespace timeloom
