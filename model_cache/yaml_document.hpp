/// Text as yaml-cpp's nodes: where its exceptions end.
#pragma once

#include "core/error.hpp"

#include <string>
#include <yaml-cpp/yaml.h>

namespace timeloom {

/// The one document of `text`; a null node when there is none. `path` is what messages call it. Fails with
/// `errc::invalid_config` and a message that opens with `FILE:LINE:`.
expected<YAML::Node> load_yaml_document(const std::string& text, const std::string& path);

} // namespace timeloom
