#include "gpu_groups/plan_table.hpp"

#include "tests/catch.hpp"

namespace timeloom {

namespace {

constexpr std::int64_t gib = 1LL << 30;

} // namespace

TEST_CASE("the plan is a table with the reasons below it") {
  const std::vector<gpu_device> devices{
      {.index = 0, .uuid = "GPU-a", .name = "NVIDIA H200", .total_bytes = 140 * gib, .free_bytes = 139 * gib},
      {.index = 1, .uuid = "GPU-b", .name = "NVIDIA T4", .total_bytes = 15 * gib, .free_bytes = 2 * gib},
      {.index = 2, .uuid = "GPU-c", .name = "NVIDIA A100", .unusable = "GPU 2 is divided into slices (MIG)"}};
  const std::vector<worker_plan> plans{
      {.group = "detection",
       .device_uuid = "GPU-a",
       .analyzers = {{"object_detection", 64, 3 * gib, ""}, {"background_segmentation", 8, gib, ""}},
       .budget_bytes = 28 * gib,
       .replicas = 2},
      {.group = "vlm",
       .device_uuid = "GPU-a",
       .analyzers = {{"scene_caption", 1, 16 * gib, ""}, {"temporal_caption", 1, 16 * gib, ""}},
       .budget_bytes = 20 * gib},
      {.group = "cpu", .analyzers = {{"body_pose", 1, 0, "it has no model for the GPU group perception"}}}};
  CHECK(plan_table(plans, devices) ==
        "group          device         analyzer                 batch    memory    budget\n"
        "2 x detection  0 NVIDIA H200  object_detection            64   3.0 GiB  28.0 GiB\n"
        "                              background_segmentation      8   1.0 GiB\n"
        "vlm            0 NVIDIA H200  scene_caption                1  16.0 GiB  20.0 GiB\n"
        "                              temporal_caption             1  16.0 GiB\n"
        "cpu            cpu            body_pose                    1         -         -\n"
        "\n"
        "the models of vlm on 0 NVIDIA H200 do not fit its budget at once and take turns\n"
        "body_pose runs on the cpu: it has no model for the GPU group perception\n"
        "not used: GPU 1 (NVIDIA T4), 2.0 GiB free\n"
        "not used: GPU 2 is divided into slices (MIG)\n");
}

TEST_CASE("a plan without remarks is the table alone") {
  const std::vector<worker_plan> plans{
      {.group = "auto", .device_uuid = "GPU-a", .analyzers = {{"body_pose", 16, gib, ""}}, .budget_bytes = 2 * gib}};
  CHECK(plan_table(plans, {}) == "group  device  analyzer   batch   memory   budget\n"
                                 "auto   GPU-a   body_pose     16  1.0 GiB  2.0 GiB\n");
}

} // namespace timeloom
