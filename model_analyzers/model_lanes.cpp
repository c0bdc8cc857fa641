#include "model_analyzers/model_lanes.hpp"

#include "model_analyzers/background_segmentation.hpp"
#include "model_analyzers/body_pose.hpp"
#include "model_analyzers/memory_metrics.hpp"
#include "model_analyzers/object_detection.hpp"
#include "model_analyzers/scene_caption.hpp"
#include "models/libtorch.hpp"

#include <algorithm>

namespace timeloom {

namespace {

constexpr int most_questions_ahead = 4; // whose pictures are cut while the others are computed

std::unique_ptr<batch_analyzer> analyzer_for(std::shared_ptr<network> model) {
  switch (model->entry().adapter) {
  case model_adapter::yolov8_detect:
    return make_object_detection(std::move(model));
  case model_adapter::yolov8_pose:
    return make_body_pose(std::move(model));
  case model_adapter::segformer:
    return make_background_segmentation(std::move(model));
  case model_adapter::internvl3: // looks at no batches of pictures
    break;
  }
  return nullptr;
}

} // namespace

expected<model_lanes> make_model_lanes(const model_lane_options& options) {
  const auto models = load_manifest(options.manifest);
  if (!models)
    return tl::unexpected{models.error()};
  const auto device = device_named(options.device);
  if (!device)
    return tl::unexpected{device.error()};
  limit_memory(*device, options.budget_bytes);
  // Until the process ends, as the lanes are used.
  static model_cache cache{
      {.device_budget_bytes = options.budget_bytes, .host_budget_bytes = options.host_budget_bytes, .seconds = {}}};
  std::vector<batch_lane> lanes;
  std::unique_ptr<picture_describer> describer;
  int describer_threads = 0;
  std::vector<std::shared_ptr<const network>> networks;
  for (const auto& [analyzer, size] : options.batch_sizes) {
    const auto entry = std::find_if(models->models.begin(), models->models.end(),
                                    [&](const auto& one) { return one.analyzer == analyzer; });
    if (entry == models->models.end())
      return fail(errc::not_found, "{} has no model for {}", options.manifest, analyzer);
    if (entry->kind == model_kind::internvl3) {
      auto asked = *entry;
      if (options.caption_precision != model_dtype::automatic)
        asked.dtype = options.caption_precision;
      auto made = make_scene_caption(cache, asked, *device,
                                     {.budget_bytes = options.caption_budget_bytes,
                                      .max_batch_size = size,
                                      .logs_answers = options.logs_captions});
      if (!made)
        return tl::unexpected{made.error()};
      describer = std::move(*made);
      describer_threads = size + std::min(size, most_questions_ahead);
      continue;
    }
    const auto fit = entry->adapter == model_adapter::segformer ? picture_fit::stretch : picture_fit::letterbox;
    auto model = network::create(cache, *entry, fit, *device);
    if (!model)
      return tl::unexpected{model.error()};
    networks.push_back(*model);
    lanes.push_back({analyzer, analyzer_for(std::move(*model)), size});
  }
  return model_lanes{std::move(lanes), std::move(describer), describer_threads,
                     [networks = std::move(networks), device = *device] {
                       metric_set found{memory_metrics(cache, memory_of(device)), {}};
                       for (const auto& one : networks) {
                         found.values.push_back({"timeloom_model_workspace_bytes", one->entry().id,
                                                 static_cast<double>(one->workspace_bytes())});
                         found.summaries.push_back(
                             summary_of("timeloom_batch_upload_seconds", one->entry().analyzer, one->upload_seconds()));
                       }
                       return found;
                     },
                     [device = *device] { return is_lost(device); }};
}

} // namespace timeloom
