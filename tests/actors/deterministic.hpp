/// Actors on one thread and a virtual clock: nothing races and nothing sleeps.
#pragma once

#include "actors/system_config.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <utility>
#include <vector>

namespace timeloom {

struct deterministic_config : system_config {
  deterministic_config() { set("scheduler.policy", caf::atom("testing")); }
};

class deterministic_actors {
public:
  deterministic_actors()
      : system{config_}, scheduler_{dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler())} {
    scheduler_.clock().current_time += std::chrono::hours{1};
  }

  ~deterministic_actors() { end_actors(); }

  /// Timeouts and delayed messages in the virtual clock hold their actors, and a system waits for every actor. To be
  /// called before what the actors refer to goes.
  void end_actors() {
    for (const auto& one : spawned_)
      caf::anon_send_exit(one, caf::exit_reason::kill);
    spawned_.clear();
    do
      scheduler_.run();
    while (scheduler_.trigger_timeouts() > 0);
    scheduler_.run();
  }

  template <class Function, class... Args>
  auto spawn(Function function, Args&&... args) {
    auto handle = system.spawn(function, std::forward<Args>(args)...);
    spawned_.push_back(caf::actor_cast<caf::strong_actor_ptr>(handle));
    run();
    return handle;
  }

  /// Until nobody has anything to do.
  void run() { scheduler_.run(); }

  template <class Handle, class... Args>
  void send(const Handle& to, Args&&... args) {
    caf::anon_send(to, std::forward<Args>(args)...);
    run();
  }

  /// Time-outs and delayed messages whose time has not come.
  std::size_t timers() const { return scheduler_.clock().schedule().size(); }

  void advance(std::chrono::nanoseconds time) {
    scheduler_.advance_time(time);
    run();
  }

private:
  deterministic_config config_;

public:
  caf::actor_system system;

private:
  caf::scheduler::test_coordinator& scheduler_;
  std::vector<caf::strong_actor_ptr> spawned_;
};

} // namespace timeloom
