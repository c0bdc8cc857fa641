#include "serving/prometheus_text.hpp"

#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <cmath>
#include <cstdlib>

namespace timeloom {

namespace {

prometheus_text some_metrics() {
  prometheus_text metrics;
  metrics.describe("timeloom_jobs", "Jobs by state.\nAll of them.");
  metrics.add("timeloom_jobs", {{"state", "done"}}, 3);
  metrics.add("timeloom_jobs", {{"state", "failed"}}, 0);
  metrics.add("timeloom_worker_losses_total", {{"worker", "a \"b\" \\ c\nd"}}, 2);
  histogram some_seconds;
  for (const double seconds : {0.002, 0.125, 0.25, 90.0})
    some_seconds.record(seconds);
  metric_set told;
  told.values.push_back({"timeloom_model_cache_hits_total", "yolo", 1e15});
  told.summaries.push_back(summary_of("timeloom_batch_compute_seconds", "text_overlay", some_seconds));
  metrics.add(told, {{"worker", "model-0"}});
  metrics.add(told, {{"worker", "model-1"}});
  return metrics;
}

} // namespace

TEST_CASE("metrics are written as Prometheus reads them") {
  CHECK(some_metrics().text() == R"(# HELP timeloom_batch_compute_seconds batch compute seconds
# TYPE timeloom_batch_compute_seconds histogram
timeloom_batch_compute_seconds_bucket{worker="model-0",of="text_overlay",le="0.001"} 0
timeloom_batch_compute_seconds_bucket{worker="model-0",of="text_overlay",le="0.0025"} 1
timeloom_batch_compute_seconds_bucket{worker="model-0",of="text_overlay",le="0.005"} 1
timeloom_batch_compute_seconds_bucket{worker="model-0",of="text_overlay",le="0.01"} 1
timeloom_batch_compute_seconds_bucket{worker="model-0",of="text_overlay",le="0.025"} 1
timeloom_batch_compute_seconds_bucket{worker="model-0",of="text_overlay",le="0.05"} 1
timeloom_batch_compute_seconds_bucket{worker="model-0",of="text_overlay",le="0.1"} 1
timeloom_batch_compute_seconds_bucket{worker="model-0",of="text_overlay",le="0.25"} 3
timeloom_batch_compute_seconds_bucket{worker="model-0",of="text_overlay",le="0.5"} 3
timeloom_batch_compute_seconds_bucket{worker="model-0",of="text_overlay",le="1"} 3
timeloom_batch_compute_seconds_bucket{worker="model-0",of="text_overlay",le="2.5"} 3
timeloom_batch_compute_seconds_bucket{worker="model-0",of="text_overlay",le="5"} 3
timeloom_batch_compute_seconds_bucket{worker="model-0",of="text_overlay",le="10"} 3
timeloom_batch_compute_seconds_bucket{worker="model-0",of="text_overlay",le="30"} 3
timeloom_batch_compute_seconds_bucket{worker="model-0",of="text_overlay",le="60"} 3
timeloom_batch_compute_seconds_bucket{worker="model-0",of="text_overlay",le="+Inf"} 4
timeloom_batch_compute_seconds_sum{worker="model-0",of="text_overlay"} 90.377
timeloom_batch_compute_seconds_count{worker="model-0",of="text_overlay"} 4
timeloom_batch_compute_seconds_bucket{worker="model-1",of="text_overlay",le="0.001"} 0
timeloom_batch_compute_seconds_bucket{worker="model-1",of="text_overlay",le="0.0025"} 1
timeloom_batch_compute_seconds_bucket{worker="model-1",of="text_overlay",le="0.005"} 1
timeloom_batch_compute_seconds_bucket{worker="model-1",of="text_overlay",le="0.01"} 1
timeloom_batch_compute_seconds_bucket{worker="model-1",of="text_overlay",le="0.025"} 1
timeloom_batch_compute_seconds_bucket{worker="model-1",of="text_overlay",le="0.05"} 1
timeloom_batch_compute_seconds_bucket{worker="model-1",of="text_overlay",le="0.1"} 1
timeloom_batch_compute_seconds_bucket{worker="model-1",of="text_overlay",le="0.25"} 3
timeloom_batch_compute_seconds_bucket{worker="model-1",of="text_overlay",le="0.5"} 3
timeloom_batch_compute_seconds_bucket{worker="model-1",of="text_overlay",le="1"} 3
timeloom_batch_compute_seconds_bucket{worker="model-1",of="text_overlay",le="2.5"} 3
timeloom_batch_compute_seconds_bucket{worker="model-1",of="text_overlay",le="5"} 3
timeloom_batch_compute_seconds_bucket{worker="model-1",of="text_overlay",le="10"} 3
timeloom_batch_compute_seconds_bucket{worker="model-1",of="text_overlay",le="30"} 3
timeloom_batch_compute_seconds_bucket{worker="model-1",of="text_overlay",le="60"} 3
timeloom_batch_compute_seconds_bucket{worker="model-1",of="text_overlay",le="+Inf"} 4
timeloom_batch_compute_seconds_sum{worker="model-1",of="text_overlay"} 90.377
timeloom_batch_compute_seconds_count{worker="model-1",of="text_overlay"} 4
# HELP timeloom_jobs Jobs by state.\nAll of them.
# TYPE timeloom_jobs gauge
timeloom_jobs{state="done"} 3
timeloom_jobs{state="failed"} 0
# HELP timeloom_model_cache_hits_total model cache hits total
# TYPE timeloom_model_cache_hits_total counter
timeloom_model_cache_hits_total{worker="model-0",of="yolo"} 1000000000000000
timeloom_model_cache_hits_total{worker="model-1",of="yolo"} 1000000000000000
# HELP timeloom_worker_losses_total worker losses total
# TYPE timeloom_worker_losses_total counter
timeloom_worker_losses_total{worker="a \"b\" \\ c\nd"} 2
)");
}

TEST_CASE("what is no finite number has Prometheus' words") {
  prometheus_text metrics;
  for (const double value : {std::nan(""), HUGE_VAL, -HUGE_VAL})
    metrics.add("timeloom_x", {}, value);
  CHECK(metrics.text().ends_with("timeloom_x NaN\ntimeloom_x +Inf\ntimeloom_x -Inf\n"));
}

TEST_CASE("Prometheus' own tool finds no fault with the metrics") {
  const tests::temporary_folder folder;
  const auto check = [&](const std::string& text) {
    return std::system(
        ("promtool check metrics <" + folder.file("metrics", text) + " >" + folder.at("said") + " 2>&1").c_str());
  };
  CHECK(check(some_metrics().text()) == 0);
  CHECK(check("timeloom_x{ 1\n") != 0);
}

} // namespace timeloom
