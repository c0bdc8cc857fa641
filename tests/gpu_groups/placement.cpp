#include "gpu_groups/placement.hpp"

#include "tests/catch.hpp"

#include <algorithm>

namespace timeloom {

namespace {

constexpr std::int64_t gib = 1LL << 30;

/// Devices of 20 GiB of which 18 may be used, unless less is `free`.
std::vector<gpu_device> devices(int count, std::int64_t free = 20 * gib) {
  std::vector<gpu_device> made;
  for (int i = 0; i < count; ++i)
    made.push_back({.index = i,
                    .uuid = "GPU-" + std::to_string(i),
                    .name = "NVIDIA L4",
                    .total_bytes = 20 * gib,
                    .free_bytes = free});
  return made;
}

model_load load(std::string analyzer, std::int64_t weights, double seconds) {
  return {.analyzer = std::move(analyzer), .weight_bytes = weights, .seconds_per_video_second = seconds};
}

/// Who is where: "GPU-0: a b; cpu: c".
std::string where(const std::vector<worker_plan>& plans) {
  std::string text;
  for (const auto& plan : plans) {
    text += (text.empty() ? "" : "; ") + (plan.device_uuid.empty() ? "cpu" : plan.device_uuid) + ":";
    for (const auto& analyzer : plan.analyzers)
      text += " " + analyzer.analyzer;
  }
  return text;
}

const std::vector light{load("a", 2 * gib, 0.1), load("b", 3 * gib, 0.3)};
/// Any two of them fit on one device, not three.
const std::vector heavy{load("a", 9 * gib, 0.1), load("b", 8 * gib, 0.3), load("c", 7 * gib, 0.2)};

} // namespace

TEST_CASE("batches start from the table: halved under 16 GB, quartered under 8 GB, never under 1") {
  constexpr std::int64_t gb = 1'000'000'000;
  CHECK(starting_batch("object_detection", 16 * gb) == 64);
  CHECK(starting_batch("object_detection", 16 * gb - 1) == 32);
  CHECK(starting_batch("object_detection", 8 * gb) == 32);
  CHECK(starting_batch("object_detection", 8 * gb - 1) == 16);
  CHECK(starting_batch("background_segmentation", 16 * gb) == 8);
  CHECK(starting_batch("background_segmentation", gb) == 2);
  CHECK(starting_batch("body_pose", 16 * gb) == 16);
  CHECK(starting_batch("anything", 10 * gb) == 8);
  CHECK(starting_batch("anything", 0) == 4);
}

TEST_CASE("without a device everything goes to the cpu, with the reason") {
  auto hidden = devices(1);
  hidden[0].unusable = "GPU 0 is divided";
  for (const auto& none : {devices(0), hidden}) {
    const auto plans = place(light, none, {});
    REQUIRE(where(plans) == "cpu: b a");
    CHECK(plans[0].group == "cpu");
    CHECK(plans[0].budget_bytes == 0);
    CHECK(plans[0].analyzers[0].reason == "this host has no GPU that can be used");
    CHECK(plans[0].analyzers[0].batch_size == 1);
  }
}

TEST_CASE("without models there is no plan") {
  CHECK(place(std::vector<model_load>{}, devices(2), {}).empty());
}

TEST_CASE("on one device everything is in one worker, whose budget is what the overhead leaves") {
  const auto plans = place(light, devices(1), {.context_bytes = gib / 2, .reserve_bytes = gib, .decoding_bytes = gib});
  REQUIRE(where(plans) == "GPU-0: a b");
  CHECK(plans[0].group == "auto");
  CHECK(plans[0].replicas == 1);
  CHECK(plans[0].budget_bytes == 18 * gib - gib - gib - gib / 2);
  CHECK(plans[0].analyzers[1].bytes == 3 * gib);
  CHECK(plans[0].analyzers[1].reason.empty());
}

TEST_CASE("memory that others hold is not planned with") {
  CHECK(place(light, devices(1, 10 * gib), {})[0].budget_bytes == 10 * gib);
  const auto plans = place(light, devices(1, 4 * gib), {});
  REQUIRE(where(plans) == "GPU-0: b; cpu: a");
  CHECK(plans[1].analyzers[0].reason == "it needs 2.0 GiB, and no GPU has more than 1.0 GiB left");
}

TEST_CASE("several devices each get everything when it fits") {
  CHECK(where(place(light, devices(2), {})) == "GPU-0: a b; GPU-1: a b");
  CHECK(place(light, devices(8), {}).size() == 8);
}

TEST_CASE("what does not fit on one device is split, the longest first to the device with the least to do") {
  // b (0.3) to 0, c (0.2) to 1, a (0.1) to 1, which has less to do.
  CHECK(where(place(heavy, devices(2), {})) == "GPU-0: b; GPU-1: c a");
}

TEST_CASE("when the device with the least to do has no room, one with room gets it") {
  const std::vector loads{load("long", 4 * gib, 0.9), load("wide", 17 * gib, 0.5), load("small", 4 * gib, 0.1)};
  // small would go to GPU-1 (0.5), which is full.
  CHECK(where(place(loads, devices(2), {})) == "GPU-0: long small; GPU-1: wide");
}

TEST_CASE("the longest first does not drive a large model to the cpu when another order has room for it") {
  const std::vector loads{load("a", 9 * gib, 0.5), load("b", 9 * gib, 0.4), load("c", 17 * gib, 0.3)};
  CHECK(where(place(loads, devices(2), {})) == "GPU-0: c; GPU-1: a b");
}

TEST_CASE("on 8 devices the sets of a split repeat until every device has work") {
  const auto plans = place(heavy, devices(8), {});
  CHECK(where(plans) == "GPU-0: b; GPU-1: c; GPU-2: a; GPU-3: b; GPU-4: c; GPU-5: a; GPU-6: b; GPU-7: c a");
}

TEST_CASE("a device too small for everything takes a part beside one that has all") {
  auto mixed = devices(2);
  mixed[0].total_bytes = 4 * gib; // 3.6 may be used
  CHECK(where(place(light, mixed, {})) == "GPU-0: b; GPU-1: a b");
}

TEST_CASE("a model too large for every device goes to the cpu and the others stay") {
  const std::vector loads{load("huge", 40 * gib, 9.0), load("a", 2 * gib, 0.1)};
  const auto plans = place(loads, devices(2), {});
  REQUIRE(where(plans) == "GPU-0: a; GPU-1: a; cpu: huge");
  CHECK(plans[2].analyzers[0].reason == "it needs 40.0 GiB, and no GPU has more than 18.0 GiB left");
}

TEST_CASE("batches are halved, the largest workspace first, until a worker's bytes keep to its budget") {
  // Budget 18 GiB, weights 4 GiB: 14 GiB of workspace. 64 x 0.25 = 16 and 16 x 0.25 = 4 GiB do not fit; 32 x 0.25 = 8
  // do.
  const std::vector<model_load> loads{{"object_detection", 3 * gib, gib / 4, 0.2}, {"body_pose", gib, gib / 4, 0.1}};
  const auto plans = place(loads, devices(1), {});
  REQUIRE(where(plans) == "GPU-0: object_detection body_pose");
  CHECK(plans[0].analyzers[0].batch_size == 32);
  CHECK(plans[0].analyzers[0].bytes == 11 * gib);
  CHECK(plans[0].analyzers[1].batch_size == 16);
  CHECK(plans[0].analyzers[1].bytes == 5 * gib);
}

TEST_CASE("a model whose single frame just fits runs with a batch of 1") {
  const std::vector<model_load> exact{{"body_pose", 10 * gib, 8 * gib, 0.1}};
  const auto plans = place(exact, devices(1), {});
  REQUIRE(where(plans) == "GPU-0: body_pose");
  CHECK(plans[0].analyzers[0].batch_size == 1);
  CHECK(plans[0].analyzers[0].bytes == plans[0].budget_bytes);
  const std::vector<model_load> over{{"body_pose", 10 * gib, 8 * gib + 1, 0.1}};
  CHECK(where(place(over, devices(1), {})) == "cpu: body_pose");
}

TEST_CASE("configured groups get their analyzers, and what stands in none or has no model goes to the cpu") {
  gpu_group first{"first", std::vector{1}, {"a", "text_overlay"}, budget_in_bytes{6 * gib}};
  first.replicas = 2;
  first.active_thread_percentage = 30;
  const auto plans = place(std::vector{first}, light, devices(2), {});
  REQUIRE(plans);
  REQUIRE(where(*plans) == "GPU-1: a; cpu: text_overlay b");
  CHECK((*plans)[0].group == "first");
  CHECK((*plans)[0].budget_bytes == 6 * gib);
  CHECK((*plans)[0].replicas == 2);
  CHECK((*plans)[0].active_thread_percentage == 30);
  CHECK((*plans)[0].analyzers[0].batch_size == 4); // 6.4 GB: a quarter
  CHECK((*plans)[1].analyzers[0].reason == "it has no model for the GPU group first");
  CHECK((*plans)[1].analyzers[1].reason == "it stands in no GPU group");
}

TEST_CASE("models of a group that take turns are sized as if alone") {
  const gpu_group vlm{"vlm", all_devices{}, {"a", "b"}, budget_in_bytes{8 * gib}};
  const std::vector<model_load> loads{{"a", 6 * gib, gib / 4, 0.1}, {"b", 7 * gib, gib / 4, 0.1}};
  const auto plans = place(std::vector{vlm}, loads, devices(1), {});
  REQUIRE(plans);
  REQUIRE(where(*plans) == "GPU-0: a b");
  CHECK((*plans)[0].analyzers[0].batch_size == 8); // 2 GiB of workspace; 8.6 GB: half of 16
  CHECK((*plans)[0].analyzers[1].batch_size == 4); // 1 GiB of workspace
}

TEST_CASE("a group whose budget is too small for one of its models is refused, and so is one that does not resolve") {
  const gpu_group vlm{"vlm", all_devices{}, {"b"}, budget_in_bytes{2 * gib}};
  const auto small = place(std::vector{vlm}, light, devices(1), {});
  REQUIRE_FALSE(small);
  CHECK(small.error().code == errc::invalid_config);
  CHECK(small.error().message == "the GPU group vlm has a memory budget of 2.0 GiB on GPU 0 (NVIDIA L4), but b needs "
                                 "3.0 GiB for its weights and 0 B for a frame");
  CHECK_FALSE(place(std::vector{vlm}, light, devices(0), {}));
}

} // namespace timeloom
