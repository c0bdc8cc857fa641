#include "gpu_groups/nvml.hpp"

#include "tests/catch.hpp"
#include "tests/gpu_groups/set_variable.hpp"

namespace timeloom {

namespace {

constexpr auto two_devices = "GPU-aaaa1111,NVIDIA H200,143771,140000,0,0;GPU-aaaa2222,NVIDIA T4,15360,15000,3,-";

} // namespace

TEST_CASE("the devices of the host are found with their sizes and modes") {
  const set_variable host{"FAKE_NVML", two_devices}, list{"CUDA_VISIBLE_DEVICES", std::nullopt};
  const auto library = nvml::open(TIMELOOM_FAKE_NVML);
  REQUIRE(library);
  CHECK(library->driver_version() == "570.86.15");
  const std::vector<gpu_device> expected_devices{
      {0, "GPU-aaaa1111", "NVIDIA H200", 143771LL << 20, 140000LL << 20, compute_mode::shared, std::nullopt},
      {1, "GPU-aaaa2222", "NVIDIA T4", 15360LL << 20, 15000LL << 20, compute_mode::exclusive_process, std::nullopt}};
  CHECK(library->devices() == expected_devices);
}

TEST_CASE("devices that cannot be used say why") {
  const set_variable list{"CUDA_VISIBLE_DEVICES", std::nullopt};
  const set_variable host{"FAKE_NVML",
                          "GPU-a,NVIDIA A100,40960,40000,0,1;GPU-b,lost,0,0,0,0;GPU-c,NVIDIA T4,15360,15000,2,-"};
  const auto library = nvml::open(TIMELOOM_FAKE_NVML);
  REQUIRE(library);
  const auto devices = library->devices();
  REQUIRE(devices);
  REQUIRE(devices->size() == 3);
  for (const auto& device : *devices)
    REQUIRE(device.unusable);
  CHECK((*devices)[0].unusable->find("GPU 0 is divided into slices (MIG)") == 0);
  CHECK(*(*devices)[1].unusable == "GPU 1 does not answer: GPU is lost (NVML 15)");
  CHECK((*devices)[2].unusable->find("compute mode \"prohibited\"") != std::string::npos);
  CHECK((*devices)[2].mode == compute_mode::prohibited);
}

TEST_CASE("only devices that CUDA_VISIBLE_DEVICES names are offered") {
  const set_variable host{"FAKE_NVML", two_devices}, list{"CUDA_VISIBLE_DEVICES", "1"};
  const auto library = nvml::open(TIMELOOM_FAKE_NVML);
  REQUIRE(library);
  const auto devices = library->devices();
  REQUIRE(devices);
  REQUIRE(devices->size() == 1);
  CHECK(devices->front().uuid == "GPU-aaaa2222");
  CHECK(devices->front().index == 0);
}

TEST_CASE("the load of a device is found by its UUID, beside a device that is lost") {
  const set_variable host{"FAKE_NVML", "GPU-b,lost,0,0,0,0;GPU-c,NVIDIA T4,15360,15000,0,-"};
  const auto library = nvml::open(TIMELOOM_FAKE_NVML);
  REQUIRE(library);
  const auto load = library->load("GPU-c");
  REQUIRE(load);
  CHECK(load->gpu_percent == 20);
  CHECK(load->memory_percent == 5);
  CHECK(load->decoder_percent == 33);
  CHECK(load->used_bytes == 360LL << 20);
  const auto none = library->load("GPU-x");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == errc::not_found);
  CHECK(none.error().message == "none of the 2 GPUs here is GPU-x");
}

TEST_CASE("what a device does not measure is not a number") {
  const set_variable host{"FAKE_NVML", two_devices}, decoder{"FAKE_NVML_DECODER", "3"};
  const auto library = nvml::open(TIMELOOM_FAKE_NVML);
  REQUIRE(library);
  const auto load = library->load("GPU-aaaa1111");
  REQUIRE(load);
  CHECK_FALSE(load->decoder_percent);
  CHECK(load->gpu_percent == 10);
}

TEST_CASE("all processes of a device are listed, however many they are") {
  const set_variable host{"FAKE_NVML", two_devices}, processes{"FAKE_NVML_PROCESSES", "100"};
  const auto library = nvml::open(TIMELOOM_FAKE_NVML);
  REQUIRE(library);
  const auto load = library->load("GPU-aaaa1111");
  REQUIRE(load);
  REQUIRE(load->processes);
  REQUIRE(load->processes->size() == 100);
  CHECK((*load->processes)[98] == gpu_process{1098, 98LL << 20});
  CHECK((*load->processes)[99] == gpu_process{1099, std::nullopt});
}

TEST_CASE("a driver that cannot name processes still tells the load") {
  const set_variable host{"FAKE_NVML", two_devices}, processes{"FAKE_NVML_PROCESSES", "error"};
  const auto library = nvml::open(TIMELOOM_FAKE_NVML);
  REQUIRE(library);
  const auto load = library->load("GPU-aaaa1111");
  REQUIRE(load);
  CHECK_FALSE(load->processes);
  CHECK(load->used_bytes == 3771LL << 20);
}

TEST_CASE("the library is initialised while it has an owner, and no longer") {
  const set_variable count{"FAKE_NVML_OPEN", "0"};
  {
    auto first = nvml::open(TIMELOOM_FAKE_NVML);
    REQUIRE(first);
    CHECK(std::string{std::getenv("FAKE_NVML_OPEN")} == "1");
    const auto second = std::move(*first);
    CHECK(std::string{std::getenv("FAKE_NVML_OPEN")} == "1");
  }
  CHECK(std::string{std::getenv("FAKE_NVML_OPEN")} == "0");
}

TEST_CASE("a host without the library, with another one, or without a driver gives a sentence") {
  const auto missing = nvml::open("libnvidia-ml-that-is-not-here.so.1");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == errc::not_found);
  CHECK(missing.error().message.find("libnvidia-ml-that-is-not-here.so.1") != std::string::npos);

  const auto other = nvml::open("libm.so.6");
  REQUIRE_FALSE(other);
  CHECK(other.error().message == "libm.so.6 has no nvmlInit_v2; the NVIDIA driver is too old");

  const set_variable count{"FAKE_NVML_OPEN", "0"}, init{"FAKE_NVML_INIT", "9"};
  const auto stopped = nvml::open(TIMELOOM_FAKE_NVML);
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == errc::unsupported);
  CHECK(stopped.error().message == "the NVIDIA driver does not start: Driver Not Loaded (NVML 9)");
  CHECK(std::string{std::getenv("FAKE_NVML_OPEN")} == "0");
}

} // namespace timeloom
