#include <ATen/ATen.h> // before Catch2, whose CHECK that of libtorch 2 would replace

#include "models/memory_meter.hpp"

#include "tests/catch.hpp"

#include <thread>

namespace timeloom {

TEST_CASE("the meter counts the most that this thread's tensors took at once") {
  const c10::Device cpu{c10::kCPU};
  const auto tensor = [](std::int64_t kib) { return at::empty({kib * 1024}, at::kByte); };
  const auto before = tensor(512);
  const memory_meter meter{cpu};
  CHECK(meter.peak_bytes() == 0);
  {
    const auto first = tensor(100);
    const auto second = tensor(20);
  }
  const auto third = tensor(64);
  std::thread{[&] { tensor(1000); }}.join();
  CHECK(meter.peak_bytes() == 120 * 1024);
  {
    const memory_meter inner{cpu};
    const auto fourth = tensor(300);
    CHECK(inner.peak_bytes() == 300 * 1024);
  }
  CHECK(meter.peak_bytes() == 120 * 1024);
}

} // namespace timeloom
