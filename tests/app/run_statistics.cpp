#include "app/run_statistics.hpp"

#include "tests/catch.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

namespace timeloom {

namespace {

constexpr double mib = 1 << 20;

run_statistics sample() {
  metric_set of_models;
  of_models.values = {{"timeloom_worker_losses_total", "", 2},
                      {"timeloom_model_cache_loads_total", "", 3},
                      {"timeloom_model_cache_loads_bytes_total", "", 300 * mib},
                      {"timeloom_model_cache_loads_seconds_total", "", 1.25},
                      {"timeloom_model_cache_evictions_total", "", 0},
                      {"timeloom_model_cache_charged_bytes", "weights", 100 * mib}};
  of_models.summaries = {{"timeloom_batch_pictures", "body_pose", 4, 50, {13, 16, 16, 16}},
                         {"timeloom_batch_compute_seconds", "body_pose", 4, 0.2, {0.05, 0.1234, 0.1234, 1.5}},
                         {"timeloom_batch_upload_seconds", "body_pose", 0, 0, {}}};
  gpu_usage gpu{.device = {.index = 0, .uuid = "GPU-a", .name = "NVIDIA T4"}};
  for (const double percent : {20.0, 90.0})
    gpu.gpu_percent.record(percent);
  gpu.used_bytes.record(512 * mib);
  return {{{{"model worker on GPU 0 (NVIDIA T4)", of_models, ""},
            {"analysis worker 1", {{{"timeloom_worker_losses_total", "", 0}}, {}}, ""},
            {"analysis worker 2", {}, "no answer came in time"}}},
          {gpu}};
}

} // namespace

TEST_CASE("the table shows what was counted, and neither zeros nor workers that were never started") {
  CHECK(statistics_table(sample()) ==
        "model worker on GPU 0 (NVIDIA T4)\n"
        "  workers lost before, with what they had counted: 2\n"
        "  body_pose                      count    mean     p50     p90     p95     p99\n"
        "    batch pictures                   4    12.5      13      16      16      16\n"
        "    batch compute, ms                4      50      50     123     123    1500\n"
        "                                             count          size     seconds\n"
        "  model cache loads                              3     300.0 MiB        1.25\n"
        "  model cache charged, weights                         100.0 MiB\n"
        "analysis worker 2\n"
        "  gave no figures: no answer came in time\n"
        "                                         busy, %        NVDEC, %     memory, GiB\n"
        "                                    mean    most    mean    most    mean    most\n"
        "GPU 0 (NVIDIA T4)                     55      90       -       -     0.5     0.5\n");
  std::istringstream lines{statistics_table(sample())};
  for (std::string line; std::getline(lines, line);)
    CHECK(line.size() <= 80);
}

TEST_CASE("without workers the table says so") {
  CHECK(statistics_table({}) == "no analysis or model worker was started\n");
}

TEST_CASE("the JSON holds all metrics by their own names, zeros too") {
  const auto text = statistics_json(sample());
  CHECK(text.find('\n') == text.size() - 1);
  const auto json = nlohmann::json::parse(text);
  CHECK(json.at("type") == "stats");
  REQUIRE(json.at("workers").size() == 3);
  const auto& worker = json.at("workers")[0];
  CHECK(worker.at("worker") == "model worker on GPU 0 (NVIDIA T4)");
  CHECK(worker.at("values")[4] ==
        nlohmann::json{{"name", "timeloom_model_cache_evictions_total"}, {"label", ""}, {"value", 0.0}});
  CHECK(worker.at("summaries")[0] == nlohmann::json{{"name", "timeloom_batch_pictures"},
                                                    {"label", "body_pose"},
                                                    {"count", 4},
                                                    {"sum", 50.0},
                                                    {"p50", 13.0},
                                                    {"p90", 16.0},
                                                    {"p95", 16.0},
                                                    {"p99", 16.0}});
  CHECK(json.at("workers")[2].at("problem") == "no answer came in time");
  const auto& gpu = json.at("gpus").at(0);
  CHECK(gpu.at("busy_percent") == nlohmann::json{{"samples", 2}, {"mean", 55.0}, {"largest", 90.0}});
  CHECK_FALSE(gpu.contains("decoder_percent"));
}

} // namespace timeloom
