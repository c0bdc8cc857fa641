/// timeloom-model-worker: the only program that links libtorch. The coordinator starts it, one or more for each device.
#include "actors/model_worker.hpp"
#include "model_analyzers/model_lanes.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>

namespace timeloom {

namespace {

int run(int argc, char** argv) {
  CLI::App app{"Runs models for timeloom, which starts it; it is of no use by itself."};
  model_lane_options options;
  model_worker_options worker;
  int max_wait_ms = 20;
  std::vector<std::string> batches;
  std::string precision;
  app.add_option("--manifest", options.manifest, "The models")->required()->type_name("FILE");
  app.add_option("--batch", batches, "An analyzer to run and its largest batch")->required()->type_name("ID=N");
  app.add_option("--device", options.device, "cpu, or cuda:0")->required();
  app.add_option("--budget", options.budget_bytes, "Of the device's memory")->required()->type_name("BYTES");
  app.add_option("--host-budget", options.host_budget_bytes, "For models that left the device")->type_name("BYTES");
  app.add_option("--caption-budget", options.caption_budget_bytes, "Of the device's memory, for scene_caption")
      ->type_name("BYTES");
  app.add_option("--caption-precision", precision, "What scene_caption computes in; auto: as the manifest says");
  app.add_flag("--log-captions", options.logs_captions, "Say what each caption took");
  app.add_option("--max-wait-ms", max_wait_ms, "How long a picture waits for its batch to fill");
  app.add_option("--threads", worker.threads, "Batches on the device at once");
  CLI11_PARSE(app, argc, argv);
  for (const auto& batch : batches) {
    const auto split = batch.find('=');
    options.batch_sizes[batch.substr(0, split)] =
        split == batch.npos ? 1 : std::max(1, std::stoi(batch.substr(split + 1)));
  }
  options.caption_precision = model_dtype_from_string(precision).value_or(model_dtype::automatic);
  auto lanes = make_model_lanes(options);
  if (!lanes) {
    std::fprintf(stderr, "timeloom model worker: %s\n", lanes.error().message.c_str());
    return 70;
  }
  worker.max_wait = std::chrono::milliseconds{max_wait_ms};
  run_model_worker(std::move(*lanes), worker);
}

} // namespace

} // namespace timeloom

int main(int argc, char** argv) {
  try {
    return timeloom::run(argc, argv);
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "timeloom model worker: %s\n", fault.what());
    return 70;
  }
}
