#include "actors/basp_socket.hpp"

#include "actors/caf_error.hpp"

#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/scribe.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <cerrno>
#include <sys/socket.h>

namespace timeloom {

namespace {

constexpr std::uint16_t port = 1; // only a name: nothing listens
constexpr auto patience = std::chrono::seconds{5};

caf::actor broker(caf::actor_system& system) {
  return system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
}

} // namespace

expected<std::pair<unique_fd, unique_fd>> create_basp_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    return fail(errc::io, "no socket pair for a worker: {}", errno_text(errno));
  return std::pair{unique_fd{ends[0]}, unique_fd{ends[1]}};
}

namespace basp {

void publish(caf::actor_system& system, unique_fd socket, caf::strong_actor_ptr actor,
             std::set<std::string> interface) {
  caf::anon_send(broker(system), caf::publish_atom_v, system.middleman().backend().new_scribe(socket.release()), port,
                 std::move(actor), std::move(interface));
}

expected<caf::strong_actor_ptr> connect(caf::actor_system& system, unique_fd socket,
                                        const std::set<std::string>& interface) {
  caf::scoped_actor self{system};
  expected<caf::strong_actor_ptr> result = fail(errc::worker_lost, "nobody answered on the inherited socket");
  self->request(broker(system), patience, caf::connect_atom_v,
                system.middleman().backend().new_scribe(socket.release()), port)
      .receive(
          [&](caf::node_id&, caf::strong_actor_ptr& actor, std::set<std::string>& offered) {
            if (!actor)
              result = fail(errc::protocol, "the other process offers no actor");
            else if (!system.assignable(offered, interface))
              result = fail(errc::protocol, "the other process offers an actor of another interface");
            else
              result = actor;
          },
          [&](caf::error& reason) { result = tl::unexpected{from_caf(reason)}; });
  return result;
}

} // namespace basp

} // namespace timeloom
