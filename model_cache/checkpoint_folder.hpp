/// A checkpoint of Hugging Face in a local folder, by its files alone. Any thread.
#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <string>

namespace timeloom {

/// Whether the folder has config.json, tokenizer.json and weights (model.safetensors, or the index of several files).
/// Fails with `errc::not_found` or `errc::io`.
expected<void> check_checkpoint_folder(const std::string& path);

/// Of all *.safetensors in it; 0 when it cannot be listed.
std::int64_t checkpoint_bytes(const std::string& path);

} // namespace timeloom
