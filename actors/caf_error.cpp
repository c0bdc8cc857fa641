#include "actors/caf_error.hpp"

#include <caf/message.hpp>
#include <caf/sec.hpp>

namespace timeloom {

namespace {

const auto category = caf::atom("timeloom"), blameless = caf::atom("blameless");

} // namespace

caf::error to_caf(const error& reason) {
  return {static_cast<std::uint8_t>(reason.code), category, caf::make_message(reason.message)};
}

caf::error blameless_loss(std::string message) {
  return {static_cast<std::uint8_t>(errc::worker_lost), blameless, caf::make_message(std::move(message))};
}

bool is_blameless(const caf::error& reason) {
  return reason.category() == blameless;
}

error from_caf(const caf::error& reason) {
  if (reason.category() == category || is_blameless(reason)) {
    std::string message{to_string(static_cast<errc>(reason.code()))};
    if (reason.context().match_elements<std::string>())
      message = reason.context().get_as<std::string>(0);
    return {static_cast<errc>(reason.code()), message};
  }
  if (reason == caf::sec::request_timeout)
    return {errc::timeout, "no answer came in time"};
  if (reason == caf::sec::request_receiver_down)
    return {errc::worker_lost, "the receiver of a request is gone"};
  return {errc::internal, caf::to_string(reason)};
}

} // namespace timeloom
