#include "gpu_groups/gpu_sampler.hpp"

#include "tests/catch.hpp"
#include "tests/gpu_groups/set_variable.hpp"

namespace timeloom {

namespace {

constexpr double mib = 1 << 20;

gpu_sampler sampler_of(const std::vector<gpu_device>& devices) {
  auto library = nvml::open(TIMELOOM_FAKE_NVML);
  REQUIRE(library);
  return {std::move(*library), devices};
}

} // namespace

TEST_CASE("mean and largest of what the samples showed, for each device") {
  gpu_sampler sampler = sampler_of({{.index = 0, .uuid = "GPU-a"}, {.index = 1, .uuid = "GPU-b"}});
  const set_variable decoder{"FAKE_NVML_DECODER", "3"}; // is not supported
  const auto show = [&](const std::string& free_mib, const std::string& busy_percent) {
    const set_variable now{"FAKE_NVML", "GPU-a,T4,1000," + free_mib + ",0,-;GPU-b,T4,1000,500,0,-"};
    const set_variable busy{"FAKE_NVML_BUSY", busy_percent};
    sampler.sample();
  };
  show("900", "30");
  show("500", "90");
  show("1000", "30");
  REQUIRE(sampler.usage().size() == 2);
  const auto& first = sampler.usage()[0];
  CHECK(first.device.uuid == "GPU-a");
  CHECK(first.gpu_percent.mean() == 50);
  CHECK(first.gpu_percent.largest == 90);
  CHECK(first.used_bytes.mean() == 200 * mib);
  CHECK(first.used_bytes.largest == 500 * mib);
  CHECK(first.decoder_percent.samples == 0);
  CHECK_FALSE(first.problem);
  CHECK(sampler.usage()[1].used_bytes.mean() == 500 * mib);
}

TEST_CASE("a device that is lost on the way keeps what it showed before, and says so") {
  gpu_sampler sampler = sampler_of({{.index = 0, .uuid = "GPU-a"}});
  {
    const set_variable before{"FAKE_NVML", "GPU-a,T4,1000,900,0,-"};
    sampler.sample();
  }
  const set_variable after{"FAKE_NVML", "GPU-a,lost,1000,900,0,-"};
  sampler.sample();
  const auto& seen = sampler.usage().front();
  CHECK(seen.gpu_percent.samples == 1);
  CHECK(seen.used_bytes.largest == 100 * mib);
  REQUIRE(seen.problem);
  CHECK(seen.problem->code == errc::not_found);
}

} // namespace timeloom
