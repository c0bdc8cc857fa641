/// CBOR (RFC 8949) between the coordinator and its workers, as JSON values.
#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <vector>

namespace timeloom {

std::vector<std::uint8_t> to_cbor(const nlohmann::ordered_json& value);

/// For bytes of a hostile writer: nesting, lengths and counts are checked against the bytes that are there before
/// anything is built; indefinite lengths and tags, which `to_cbor` never writes, are refused. `errc::protocol`.
expected<nlohmann::ordered_json> from_cbor(std::span<const std::uint8_t> bytes);

} // namespace timeloom
