#include "gpu_groups/groups.hpp"

#include "tests/catch.hpp"

namespace timeloom {

namespace {

constexpr std::int64_t gib = 1LL << 30;

gpu_device device(int index, std::int64_t total) {
  return {.index = index,
          .uuid = "GPU-" + std::to_string(index),
          .name = "NVIDIA L4",
          .total_bytes = total,
          .free_bytes = total};
}

gpu_group group(const std::string& name, std::vector<std::string> analyzers, memory_budget budget) {
  return {.name = name, .devices = all_devices{}, .analyzers = std::move(analyzers), .budget = budget};
}

std::string refusal(const std::vector<gpu_group>& groups, const std::vector<gpu_device>& devices,
                    const device_overhead& overhead = {}) {
  const auto resolved = resolve(groups, devices, overhead);
  if (resolved)
    return "accepted";
  CHECK(resolved.error().code == errc::invalid_config);
  return resolved.error().message;
}

} // namespace

TEST_CASE("groups stand on each of their devices, with budgets in bytes") {
  auto vlm = group("vlm", {"scene_caption"}, budget_in_bytes{8 * gib});
  vlm.devices = std::vector{1};
  auto detection = group("detection", {"object_detection", "body_pose"}, budget_as_share{0.25});
  detection.replicas = 2;
  detection.active_thread_percentage = 40;
  const auto resolved = resolve(std::vector{vlm, detection}, std::vector{device(0, 16 * gib), device(1, 24 * gib)}, {});
  REQUIRE(resolved);
  REQUIRE(resolved->size() == 3);
  CHECK((*resolved)[0].group == "vlm");
  CHECK((*resolved)[0].device.uuid == "GPU-1");
  CHECK((*resolved)[0].budget_bytes == 8 * gib);
  CHECK((*resolved)[1].device.uuid == "GPU-0");
  CHECK((*resolved)[1].budget_bytes == 4 * gib);
  CHECK((*resolved)[1].replicas == 2);
  CHECK((*resolved)[2].device.uuid == "GPU-1");
  CHECK((*resolved)[2].budget_bytes == 6 * gib);
  CHECK((*resolved)[2].active_thread_percentage == 40);
  CHECK((*resolved)[2].analyzers == std::vector<std::string>{"object_detection", "body_pose"});
}

// 0.90 of 20 GiB are 18 GiB. Budgets 6 + 2 x 4, contexts for 3 workers of 0.5 each, decoding 0.5, reserve 2: 18 GiB.
TEST_CASE("an account that fits to the byte is accepted, and one byte more is refused with its parts") {
  auto one = group("one", {"a"}, budget_in_bytes{6 * gib});
  auto two = group("two", {"b"}, budget_in_bytes{4 * gib});
  two.replicas = 2;
  const std::vector devices{device(0, 20 * gib)};
  device_overhead overhead{.context_bytes = gib / 2, .reserve_bytes = 2 * gib, .decoding_bytes = gib / 2};
  CHECK(usable_bytes(devices[0]) == 18 * gib);
  CHECK(refusal({one, two}, devices, overhead) == "accepted");
  ++overhead.reserve_bytes;
  CHECK(
      refusal({one, two}, devices, overhead) ==
      "the memory budgets do not fit on GPU 0 (NVIDIA L4): one 6.0 GiB + two 2 x 4.0 GiB + CUDA contexts 3 x 512.0 MiB "
      "+ decoding 512.0 MiB + reserve 2.0 GiB = 18.0 GiB, and 0.90 of its 20.0 GiB are 18.0 GiB; make the budgets 1 B "
      "smaller");
}

TEST_CASE("each device has an account of its own") {
  auto one = group("one", {"a"}, budget_in_bytes{8 * gib});
  one.devices = std::vector{0};
  auto two = group("two", {"b"}, budget_in_bytes{8 * gib});
  two.devices = std::vector{1};
  const std::vector devices{device(0, 10 * gib), device(1, 10 * gib)};
  CHECK(refusal({one, two}, devices) == "accepted");
  two.devices = std::vector{0};
  CHECK(refusal({one, two}, devices).find("one 8.0 GiB + two 8.0 GiB") != std::string::npos);
}

TEST_CASE("a device that no group uses is not held against its overhead") {
  auto one = group("one", {"a"}, budget_in_bytes{8 * gib});
  one.devices = std::vector{0};
  CHECK(refusal({one}, {device(0, 20 * gib), device(1, gib)}, {.reserve_bytes = 2 * gib}) == "accepted");
}

TEST_CASE("an analyzer stands in one group") {
  const std::vector groups{group("one", {"a", "b"}, budget_as_share{0.1}),
                           group("two", {"c", "b"}, budget_as_share{0.1})};
  CHECK(refusal(groups, {device(0, gib)}) ==
        "b stands in the GPU group one and again in two; it runs in one group only");
}

TEST_CASE("devices must be there and usable, and be named once") {
  auto one = group("one", {"a"}, budget_as_share{0.5});
  one.devices = std::vector{2};
  CHECK(refusal({one}, {device(0, gib), device(1, gib)}) ==
        "the GPU group one wants GPU 2, but this host has only 2, counted from 0");
  CHECK(refusal({one}, {}) == "the GPU group one wants GPU 2, but this host has none");
  one.devices = std::vector{0, 0};
  CHECK(refusal({one}, {device(0, gib)}).find("names GPU 0 twice") != std::string::npos);
  one.devices = std::vector<int>{};
  CHECK(refusal({one}, {device(0, gib)}).find("has no devices") != std::string::npos);
  auto divided = device(0, gib);
  divided.unusable = "GPU 0 is divided";
  one.devices = std::vector{0};
  CHECK(refusal({one}, {divided}) == "the GPU group one wants GPU 0, which cannot be used: GPU 0 is divided");
  one.devices = all_devices{};
  CHECK(refusal({one}, {divided}) == "the GPU group one wants all GPUs, but this host has none that can be used");
  const auto rest = resolve(std::vector{one}, std::vector{divided, device(1, gib)}, {});
  REQUIRE(rest);
  REQUIRE(rest->size() == 1);
  CHECK(rest->front().device.uuid == "GPU-1");
}

TEST_CASE("numbers out of their range are refused") {
  const std::vector devices{device(0, gib)};
  const auto good = group("one", {"a"}, budget_as_share{0.5});
  auto bad = good;
  bad.budget = budget_in_bytes{0};
  CHECK(refusal({bad}, devices).find("0 bytes") != std::string::npos);
  bad.budget = budget_as_share{-0.5};
  CHECK(refusal({bad}, devices).find("expected more than 0") != std::string::npos);
  bad.budget = budget_in_bytes{INT64_MAX};
  CHECK(refusal({bad}, devices).find("which has 1.0 GiB") != std::string::npos);
  bad = good;
  bad.replicas = 0;
  CHECK(refusal({bad}, devices).find("0 replicas") != std::string::npos);
  bad.replicas = INT32_MAX;
  CHECK(refusal({bad}, devices).find("2147483647 x 512.0 MiB") != std::string::npos);
  bad = good;
  bad.active_thread_percentage = 101;
  CHECK(refusal({bad}, devices).find("percentage of 101") != std::string::npos);
  bad = good;
  bad.analyzers.clear();
  CHECK(refusal({bad}, devices) == "the GPU group one has no analyzers");
  CHECK(refusal({good}, devices) == "accepted");
}

} // namespace timeloom
