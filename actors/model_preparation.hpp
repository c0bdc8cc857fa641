/// What the actors of a model worker have in common: models are brought aside, and a lost device ends the process.
#pragma once

#include "actors/caf_error.hpp"
#include "actors/protocol.hpp"

#include <caf/event_based_actor.hpp>
#include <chrono>

namespace timeloom {

/// At once: destructors would wait for a device that answers no more.
[[noreturn]] void end_model_worker(const error& reason);

/// Has a thread of its own bring `model`, so that `self` goes on answering; `then` gets what does the work.
template <class Self, class Model>
auto prepare_aside(Self self, Model* model) {
  constexpr auto patience = std::chrono::minutes{10}; // the link's is shorter, as a rule
  return self->request(self->template spawn<caf::detached>([model]() -> caf::behavior {
    return {[model](prepare_atom) -> caf::result<session_opened> {
      if (auto ready = model->prepare(); !ready)
        return to_caf(ready.error());
      return session_opened{model->backend(), model->device()};
    }};
  }),
                       patience, prepare_atom_v);
}

} // namespace timeloom
