#include "actors/caf_error.hpp"

#include "actors/system_config.hpp"
#include "tests/catch.hpp"

#include <caf/actor_system.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/sec.hpp>

using namespace timeloom;

namespace {

constexpr errc all_codes[] = {errc::invalid_argument, errc::invalid_config, errc::not_found, errc::not_allowed,
                              errc::unsupported,      errc::corrupt_media,  errc::io,        errc::protocol,
                              errc::worker_lost,      errc::timeout,        errc::cancelled, errc::exhausted,
                              errc::internal};

} // namespace

TEST_CASE("an error comes back from CAF as it went in") {
  for (const auto code : all_codes) {
    const error reason{code, "what, which and \xC3\xA9"};
    CHECK(from_caf(to_caf(reason)) == reason);
  }
}

TEST_CASE("an error crosses to another process with its words") {
  system_config config;
  caf::actor_system system{config};
  const error reason{errc::not_found, "there is no language \"xyz\""};
  std::vector<char> wire;
  caf::binary_serializer sink{system, wire};
  REQUIRE_FALSE(sink(to_caf(reason)));
  caf::error read;
  caf::binary_deserializer source{system, wire};
  REQUIRE_FALSE(source(read));
  CHECK(from_caf(read) == reason);
}

TEST_CASE("CAF's own errors get words and a code") {
  CHECK(from_caf(caf::sec::request_timeout).code == errc::timeout);
  CHECK(from_caf(caf::sec::request_receiver_down).code == errc::worker_lost);
  const auto other = from_caf(caf::sec::unexpected_message);
  CHECK(other.code == errc::internal);
  CHECK(other.message.find("unexpected_message") != std::string::npos);
}

TEST_CASE("a loss says whether it is blameless") {
  const error lost{errc::worker_lost, "the worker was killed"};
  CHECK_FALSE(is_blameless(to_caf(lost)));
  CHECK(is_blameless(blameless_loss(lost.message)));
  CHECK(from_caf(blameless_loss(lost.message)) == lost);
}
