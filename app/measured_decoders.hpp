/// What decoding was seen to cost on this host, kept in a file between runs.
#pragma once

#include "actors/decoder_record.hpp"
#include "app/configuration.hpp"
#include "gpu_groups/gpu_device.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace timeloom {

/// By host (`decoding_host`): a home folder may be shared.
using measured_decoders = std::map<std::string, decoder_speeds>;

/// What decodes: the GPUs by name, and the cores.
std::string decoding_host(const std::vector<gpu_device>& gpus);

std::string measured_decoders_file();

/// None when there is no file yet. Fails with `errc::io`, or `errc::invalid_config` for one that does not fit.
expected<measured_decoders> read_measured_decoders(const std::string& path);

/// Replaces the file at once. Fails with `errc::io`.
expected<void> write_measured_decoders(const measured_decoders& decoders, const std::string& path);

/// What earlier runs measured, to choose by; null where there is nothing to choose, by the settings or without a GPU. A
/// file that cannot be used is told to stderr.
std::shared_ptr<decoder_record> known_decoders(const media_options& settings, const std::vector<gpu_device>& gpus);

/// Keeps the record, if there is one, for later runs. That this failed is told to the log.
void remember_decoders(const decoder_record* record, const std::vector<gpu_device>& gpus);

} // namespace timeloom
