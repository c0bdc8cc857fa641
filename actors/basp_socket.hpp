/// BASP, CAF's wire protocol, over an inherited socket pair: typed actors across two processes without a port.
///
/// Only between processes that trust each other: a BASP peer can crash the one that reads. It leans on internals of
/// CAF 0.17, so it stays in this file.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>
#include <set>
#include <string>
#include <utility>

namespace timeloom {

/// Two connected ends, closed on exec and non-blocking, as CAF wants them.
expected<std::pair<unique_fd, unique_fd>> create_basp_pair();

namespace basp {

void publish(caf::actor_system& system, unique_fd socket, caf::strong_actor_ptr actor, std::set<std::string> interface);
expected<caf::strong_actor_ptr> connect(caf::actor_system& system, unique_fd socket,
                                        const std::set<std::string>& interface);

} // namespace basp

/// Offers `actor` to the process at the other end.
template <class Handle>
void publish_on(caf::actor_system& system, unique_fd socket, const Handle& actor) {
  basp::publish(system, std::move(socket), caf::actor_cast<caf::strong_actor_ptr>(actor),
                system.message_types<Handle>());
}

/// The actor that the process at the other end offers. Fails after 5 s, or when its interface is another one.
template <class Handle>
expected<Handle> connect_on(caf::actor_system& system, unique_fd socket) {
  return basp::connect(system, std::move(socket), system.message_types<Handle>())
      .map([](const caf::strong_actor_ptr& actor) { return caf::actor_cast<Handle>(actor); });
}

} // namespace timeloom
