#include "app/measured_models.hpp"

#include "app/measurement_file.hpp"
#include "core/file_version.hpp"
#include "model_cache/manifest.hpp"

#include <nlohmann/json.hpp>

namespace timeloom {

namespace {

constexpr std::size_t most_models = 1000; // then it is begun anew: most of them are gone

std::string key(const model_entry& model, const std::string& device) {
  const auto identity = model.sha256.empty() ? model.path + ", " + file_version(model.path) : model.sha256;
  return fmt::format("{}, {}x{} {}, on {}", identity, model.input.width, model.input.height, to_string(model.dtype),
                     device);
}

} // namespace

const measured_model* measured_models::find(const model_entry& model, const std::string& device) const {
  const auto found = models_.find(key(model, device));
  return found == models_.end() ? nullptr : &found->second;
}

void measured_models::set(const model_entry& model, const std::string& device, const measured_model& measured) {
  if (models_.size() >= most_models)
    models_.clear();
  models_[key(model, device)] = measured;
}

std::string measured_models_file() {
  return measurement_file("measured_models.json");
}

expected<measured_models> read_measured_models(const std::string& path) {
  measured_models made;
  const auto take = [&](const std::string& name, const nlohmann::ordered_json& values) -> expected<void> {
    const measured_model one{values.at("weight_bytes").get<std::int64_t>(),
                             values.at("workspace_bytes").get<std::int64_t>(), values.at("seconds").get<double>()};
    if (one.weight_bytes <= 0 || one.workspace_bytes <= 0 || !(one.seconds > 0))
      return fail(errc::invalid_config, "{}: the sizes of {} are not positive", path, name);
    made.models_[name] = one;
    return {};
  };
  return read_measurements(path, "models", take).map([&] { return std::move(made); });
}

expected<void> write_measured_models(const measured_models& models, const std::string& path) {
  nlohmann::ordered_json made{{"models", nlohmann::ordered_json::object()}};
  for (const auto& [name, one] : models.models_)
    made["models"][name] = {
        {"weight_bytes", one.weight_bytes}, {"workspace_bytes", one.workspace_bytes}, {"seconds", one.seconds}};
  return write_measurements(made, path);
}

} // namespace timeloom
