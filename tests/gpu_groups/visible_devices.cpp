#include "gpu_groups/visible_devices.hpp"

#include "tests/catch.hpp"

namespace timeloom {

namespace {

/// The UUIDs left by `list` of four devices.
std::vector<std::string> visible(std::optional<std::string_view> list) {
  std::vector<gpu_device> devices;
  for (const auto* uuid : {"GPU-aa11", "GPU-aa22", "GPU-bb33", "GPU-bb44"})
    devices.push_back({.index = static_cast<int>(devices.size()), .uuid = uuid});
  std::vector<std::string> left;
  for (const auto& device : visible_devices(devices, list)) {
    CHECK(device.index == static_cast<int>(left.size()));
    left.push_back((device.unusable ? "not " : "") + device.uuid);
  }
  return left;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("without the variable all devices are visible") {
  CHECK(visible(std::nullopt) == names{"GPU-aa11", "GPU-aa22", "GPU-bb33", "GPU-bb44"});
}

TEST_CASE("indices and UUIDs, whole or their beginnings, give the devices in their order") {
  CHECK(visible("2,0") == names{"GPU-bb33", "GPU-aa11"});
  CHECK(visible("GPU-bb44,GPU-aa2") == names{"GPU-bb44", "GPU-aa22"});
  CHECK(visible(" 3 , GPU-aa11 ") == names{"GPU-bb44", "GPU-aa11"});
  CHECK(visible("1,GPU-aa22,1") == names{"GPU-aa22"});
}

TEST_CASE("an empty list and a negative number show no device") {
  CHECK(visible("").empty());
  CHECK(visible(" ").empty());
  CHECK(visible("-1").empty());
  CHECK(visible("0,-1,2") == names{"GPU-aa11"});
}

TEST_CASE("an entry that names no single device ends the list and is told") {
  CHECK(visible("0,9,1") == names{"GPU-aa11", "not 9"});
  CHECK(visible("GPU-aa") == names{"not GPU-aa"});
  CHECK(visible("GPU-bb33x,0") == names{"not GPU-bb33x"});
  CHECK(visible("all") == names{"not all"});
  CHECK(visible("1x") == names{"not 1x"});
  CHECK(visible("0,,1") == names{"GPU-aa11", "not "});
}

TEST_CASE("a MIG slice is told and does not end the list") {
  CHECK(visible("MIG-0123,1") == names{"not MIG-0123", "GPU-aa22"});
}

} // namespace timeloom
