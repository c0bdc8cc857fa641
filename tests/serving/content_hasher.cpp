#include "serving/content_hasher.hpp"

#include "actors/caf_error.hpp"
#include "tests/actors/deterministic.hpp"
#include "tests/temporary_folder.hpp"

#include <caf/event_based_actor.hpp>

using namespace timeloom;
using timeloom::tests::temporary_folder;

TEST_CASE("the sum of a file is that of its bytes, until the daemon ends") {
  const temporary_folder folder;
  const auto input = std::make_shared<const input_file>(open_input(folder.file("a", "abc")).value());
  std::stop_source stop;
  deterministic_actors actors;
  const auto hasher = actors.spawn(content_hasher, stop.get_token());
  std::string sum;
  error problem{};
  const auto ask = [&] {
    actors.spawn([&](caf::event_based_actor* self) {
      self->request(hasher, caf::infinite, hash_atom_v, shared_input{input})
          .then([&](const std::string& hex) { sum = hex; },
                [&](const caf::error& reason) { problem = from_caf(reason); });
    });
  };
  ask();
  CHECK(sum == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  sum.clear();
  stop.request_stop();
  ask();
  CHECK(sum.empty());
  CHECK(problem.code == errc::cancelled);
}
