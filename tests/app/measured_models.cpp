#include "app/measured_models.hpp"

#include "app/model_plan.hpp"
#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <filesystem>
#include <fstream>

namespace timeloom {

namespace {

model_entry detector(const std::string& path) {
  model_entry made;
  made.id = "yolo";
  made.path = path;
  made.analyzer = "object_detection";
  made.input = {640, 640};
  return made;
}

constexpr measured_model sizes{.weight_bytes = 1000, .workspace_bytes = 300, .seconds = 0.002};

} // namespace

TEST_CASE("what was measured of a model is found again, for this file, this input and this device") {
  const tests::temporary_folder folder;
  const auto path = folder.at("cache/timeloom/measured_models.json");
  auto model = detector(folder.file("yolo.pt", "weights"));
  measured_models known;
  known.set(model, "NVIDIA H200", sizes);
  REQUIRE(write_measured_models(known, path));
  const auto read = read_measured_models(path);
  REQUIRE(read);
  CHECK(*read == known);
  REQUIRE(read->find(model, "NVIDIA H200") != nullptr);
  CHECK(*read->find(model, "NVIDIA H200") == sizes);
  CHECK(read->find(model, "cpu") == nullptr);
  auto smaller = model;
  smaller.input = {320, 320};
  CHECK(read->find(smaller, "NVIDIA H200") == nullptr);
  folder.file("yolo.pt", "other weights");
  CHECK(read->find(model, "NVIDIA H200") == nullptr);
}

TEST_CASE("a model with a checksum is the same wherever it lies") {
  auto model = detector("/here/yolo.pt");
  model.sha256 = std::string(64, 'a');
  measured_models known;
  known.set(model, "cpu", sizes);
  model.path = "/there/yolo.pt";
  CHECK(known.find(model, "cpu") != nullptr);
}

TEST_CASE("without a file nothing is known, and a broken one is told with its path") {
  const tests::temporary_folder folder;
  const auto none = read_measured_models(folder.at("none.json"));
  REQUIRE(none);
  CHECK(*none == measured_models{});
  for (const std::string text :
       {"", "{", "[]", R"({"models": {"a": {"weight_bytes": "x", "workspace_bytes": 1, "seconds": 1}}})",
        R"({"models": {"a": {"weight_bytes": -1, "workspace_bytes": 1, "seconds": 1}}})"}) {
    CAPTURE(text);
    const auto path = folder.file("broken.json", text);
    const auto read = read_measured_models(path);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == errc::invalid_config);
    CHECK(read.error().message.find(path) != std::string::npos);
  }
}

TEST_CASE("a worker's metrics are its models' sizes on its device, unless it saw nothing") {
  model_plan plan;
  plan.models = {detector("/yolo.pt")};
  plan.devices = {{.index = 0, .uuid = "GPU-a", .name = "NVIDIA L4"}};
  metric_set told;
  told.values = {{"timeloom_model_on_device_bytes", "yolo", 1000},
                 {"timeloom_model_workspace_bytes", "yolo", 300},
                 {"timeloom_model_on_device_bytes", "other", 7}};
  told.summaries = {{"timeloom_batch_pictures", "object_detection", 4, 50, {}},
                    {"timeloom_batch_compute_seconds", "object_detection", 4, 0.1, {}}};
  metrics_report report;
  report.workers.push_back({.worker = "model worker", .metrics = told, .problem = {}, .device = "GPU-a"});
  measured_models known;
  take_measurements(plan, report, known);
  REQUIRE(known.find(plan.models[0], "NVIDIA L4") != nullptr);
  CHECK(*known.find(plan.models[0], "NVIDIA L4") == sizes);

  report.workers[0].metrics.summaries[0].sum = 0;
  report.workers[0].metrics.values[0].value = 2000;
  take_measurements(plan, report, known);
  CHECK(*known.find(plan.models[0], "NVIDIA L4") == sizes);
}

} // namespace timeloom
