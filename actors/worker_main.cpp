#include "actors/worker_main.hpp"

#include "actors/basp_socket.hpp"
#include "actors/system_config.hpp"
#include "actors/worker_process.hpp"

#include <caf/scoped_actor.hpp>
#include <cstdio>
#include <unistd.h>

namespace timeloom {

namespace {

constexpr auto register_patience = std::chrono::seconds{10};

} // namespace

void serve_coordinator(
    const std::string& role,
    const std::function<analysis_worker_actor(caf::actor_system& system, ring_inbox& rings)>& spawn_worker) {
  static ring_inbox rings{record_channel{unique_fd{worker_channel_fd}}};
  system_config config;
  caf::actor_system system{config};
  const auto coordinator = connect_on<registrar_actor>(system, unique_fd{worker_basp_fd});
  if (!coordinator) {
    std::fprintf(stderr, "timeloom %s worker: %s\n", role.c_str(), coordinator.error().message.c_str());
    ::_exit(70);
  }
  const auto worker = spawn_worker(system, rings);
  caf::scoped_actor self{system};
  bool accepted = false;
  self->request(*coordinator, register_patience, register_atom_v, analysis_protocol_version, worker)
      .receive([&](bool yes) { accepted = yes; }, [](caf::error&) {});
  if (accepted)
    self->wait_for(worker); // the ring inbox ends the process with the coordinator
  ::_exit(accepted ? 0 : 70);
}

} // namespace timeloom
