#include "app/model_plan.hpp"

#include "analyzers/catalog.hpp"
#include "analyzers/sampled_analyzer.hpp"
#include "app/console.hpp"
#include "app/media_rules.hpp"
#include "app/sibling_program.hpp"
#include "app/user_folder.hpp"
#include "core/bytes_text.hpp"
#include "core/file_version.hpp"
#include "gpu_groups/mps.hpp"
#include "gpu_groups/mps_directories.hpp"
#include "gpu_groups/nvml.hpp"
#include "timeline/utf8.hpp"

#include <algorithm>
#include <filesystem>
#include <spdlog/spdlog.h>
#include <sys/sysinfo.h>
#include <thread>

namespace timeloom {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t mib = std::int64_t{1} << 20;
/// Until it was measured: what the larger networks of this kind take in half precision, for a picture of 640x640.
constexpr std::int64_t guessed_workspace = 96 * mib;
constexpr double guessed_seconds = 2e-3;
/// Of an InternVL3 in half precision: what is computed in (1.7 GiB as measured) and what the largest question needs
/// beyond others, the keys and values of a usual question, and the time of one, spread over its scene.
constexpr std::int64_t activations_of_questions = 2176 * mib;
constexpr std::int64_t workspace_of_question = 192 * mib;
constexpr double seconds_of_questions = 0.05;
constexpr std::int64_t context_bytes = 900 * mib;          // of a model worker
constexpr std::int64_t decoding_context_bytes = 614 * mib; // of a media worker, with the frames it decodes into
constexpr std::int64_t reserve_bytes = 512 * mib;
constexpr int cpu_batch = 4;
constexpr int cpu_questions = 2;
constexpr int pictures_of_questions = 4; // in flight: they are copied as they come
constexpr int batches_in_flight = 2;     // one is computed while the next comes together
constexpr auto pulse = std::chrono::seconds{4};
constexpr auto answer_patience = std::chrono::minutes{10}; // a large model may come from a slow disk
constexpr auto start_patience = std::chrono::seconds{60};  // libraries of several GB may come from a slow disk

/// What a device of these takes to run the model, at most.
model_load load_of(const model_entry& model, const std::set<std::string>& device_names, double rate_hz,
                   const measured_models& known) {
  if (model.kind == model_kind::internvl3) {
    const auto weights = model_bytes(model) * (model.dtype == model_dtype::float32 ? 2 : 1); // of the usual file
    return {model.analyzer, weights / 20 * 21 + activations_of_questions, workspace_of_question, seconds_of_questions};
  }
  measured_model most;
  for (const auto& name : device_names)
    if (const auto* measured = known.find(model, name))
      most = {std::max(most.weight_bytes, measured->weight_bytes),
              std::max(most.workspace_bytes, measured->workspace_bytes), std::max(most.seconds, measured->seconds)};
  if (most == measured_model{}) {
    const auto pictures_of_640 = static_cast<double>(model.input.width) * model.input.height / (640 * 640);
    most = {model_bytes(model), static_cast<std::int64_t>(guessed_workspace * pictures_of_640),
            guessed_seconds * pictures_of_640};
  }
  return {model.analyzer, most.weight_bytes, most.workspace_bytes, most.seconds * rate_hz};
}

/// The version of a file, or of each in a folder.
std::string version_of(const fs::path& path) {
  std::error_code none;
  if (!fs::is_directory(path, none))
    return fmt::format("{} {}\n", path.string(), file_version(path));
  std::vector<fs::path> files{fs::directory_iterator{path, none}, fs::directory_iterator{}};
  std::sort(files.begin(), files.end());
  std::string text;
  for (const auto& file : files)
    if (!fs::is_directory(file, none))
      text += version_of(file);
  return text;
}

constexpr const char* processor = "cpu";

std::string device_name(const model_plan& plan, const std::string& uuid) {
  const auto device =
      std::find_if(plan.devices.begin(), plan.devices.end(), [&](const auto& one) { return one.uuid == uuid; });
  return device == plan.devices.end() ? processor : device->name;
}

/// The plan with the batch that the worker is started with.
void resize(planned_analyzer& planned, int batch, const std::vector<model_load>& loads) {
  const auto load =
      std::find_if(loads.begin(), loads.end(), [&](const auto& one) { return one.analyzer == planned.analyzer; });
  planned.batch_size = batch;
  planned.bytes = load->weight_bytes + load->workspace_bytes_per_frame * batch;
}

/// Captions in the share of the device that they may take. Fails when not even one question fits it.
expected<void> keep_to_share(planned_analyzer& planned, const caption_model_options& options, const worker_plan& worker,
                             const model_plan& plan, const std::vector<model_load>& loads) {
  const auto device = std::ranges::find(plan.devices, worker.device_uuid, &gpu_device::uuid);
  const auto load = std::ranges::find(loads, planned.analyzer, &model_load::analyzer);
  const auto share = static_cast<std::int64_t>(options.gpu_memory_fraction * static_cast<double>(device->total_bytes));
  if (load->least_bytes() > share)
    return fail(errc::invalid_config,
                "analyzers.scene_caption.gpu_memory_fraction {} of {} is {}, but {} needs {} for its weights and one "
                "question",
                options.gpu_memory_fraction, describe(*device), bytes_text(share), planned.analyzer,
                bytes_text(load->least_bytes()));
  planned.bytes = std::min(planned.bytes, share);
  return {};
}

std::int64_t host_memory() {
  struct sysinfo info {};
  return ::sysinfo(&info) == 0 ? static_cast<std::int64_t>(info.totalram) * info.mem_unit : 0;
}

/// How to use the MPS server of each device that has one; with `on`, each gets one where that is possible.
std::map<std::string, mps_client> mps_clients(mps_choice choice, const std::vector<gpu_device>& devices) {
  std::map<std::string, mps_client> clients;
  for (const auto& device : devices) {
    if (choice == mps_choice::off || device.unusable)
      continue;
    const auto directories = choice == mps_choice::on ? start_mps(device.uuid) : mps_directories_of(device.uuid);
    if (!directories)
      say(stderr, "timeloom: {}; {} is used without MPS\n", one_line(directories.error().message), describe(device));
    else if (mps_is_running(*directories))
      clients[device.uuid] = {
          .pipe_directory = directories->pipe, .active_thread_percentage = {}, .memory_limit_bytes = {}};
  }
  return clients;
}

/// The GPUs of this host, and their MPS servers.
void find_gpus(mps_choice mps, model_plan& plan) {
  if (const auto library = nvml::open())
    if (auto found = library->devices())
      plan.devices = std::move(*found);
  plan.mps = mps_clients(mps, plan.devices);
}

std::vector<std::string> environment_of(const model_plan& all, const worker_plan& plan) {
  const auto client = all.mps.find(plan.device_uuid);
  if (client == all.mps.end() || !plan.active_thread_percentage)
    return environment_on(all, plan.device_uuid);
  auto bounded = client->second;
  bounded.active_thread_percentage = plan.active_thread_percentage;
  bounded.memory_limit_bytes = plan.budget_bytes + context_bytes;
  return worker_environment(plan.device_uuid, bounded);
}

/// The groups as far as there is a model for them.
std::vector<gpu_group> with_models(std::vector<gpu_group> groups, const std::vector<model_load>& loads) {
  for (auto& group : groups)
    std::erase_if(group.analyzers, [&](const auto& id) {
      return std::none_of(loads.begin(), loads.end(), [&](const auto& load) { return load.analyzer == id; });
    });
  std::erase_if(groups, [](const auto& group) { return group.analyzers.empty(); });
  return groups;
}

/// Which of the `wanted` analyzers run which models.
expected<void> choose_models(const models_options& options, const std::vector<std::string>& wanted, model_plan& plan) {
  if (wanted.empty())
    return {};
  const auto path = manifest_path(options);
  const auto do_without = [&](const std::string& id, const std::string& reason) {
    (find_analyzer(id)->runs_without_model ? plan.without : plan.skipped)[id] = reason;
  };
  std::error_code none;
  if (options.manifest.empty() && !fs::exists(path, none)) {
    for (const auto& id : wanted)
      do_without(id, fmt::format("it needs a model, and there is no {}; see: timeloom models --help", path));
    return {};
  }
  const auto models = load_manifest(path);
  if (!models)
    return tl::unexpected{models.error()};
  const auto program = sibling_program(model_worker_program);
  const bool has_program = fs::exists(program, none);
  for (const auto& id : wanted) {
    const auto model =
        std::find_if(models->models.begin(), models->models.end(), [&](const auto& one) { return one.analyzer == id; });
    if (model == models->models.end())
      do_without(id, fmt::format("it needs a model, and {} has none for it", path));
    else if (!has_program) // what was chosen for it is not silently replaced
      plan.skipped[id] =
          fmt::format("it needs {}, which is not there; build it with libtorch (apt install libtorch-dev)", program);
    else if (const auto there = find_model_file(*model); !there)
      plan.skipped[id] = "its model is not there: " + there.error().message;
    else {
      plan.models.push_back(*model);
      if (const auto precision = options.captions.precision;
          model->kind == model_kind::internvl3 && precision != model_dtype::automatic)
        plan.models.back().dtype = precision;
      plan.keys[id] = model_key(plan.models.back());
    }
  }
  return {};
}

analysis_group group_of(const model_plan& all, const worker_plan& plan, const models_options& options) {
  const bool on_cpu = plan.device_uuid.empty();
  const auto budget = on_cpu ? host_memory() / 2 : plan.budget_bytes;
  analysis_group group;
  group.workers = plan.replicas;
  group.name = on_cpu ? "model worker on the cpu" : "model worker of group " + plan.group;
  group.device = on_cpu ? "cpu" : plan.device_uuid;
  for (const auto& device : all.devices)
    if (!on_cpu && device.uuid == plan.device_uuid)
      group.name += " on " + describe(device);
  auto& command = group.link.worker;
  command.program = sibling_program(model_worker_program);
  command.arguments = {
      "--manifest", manifest_path(options), "--device",      on_cpu ? "cpu" : "cuda:0",
      "--budget",   std::to_string(budget), "--host-budget", std::to_string(on_cpu ? 0 : host_memory() / 8),
      "--threads",  on_cpu ? "1" : "3",     "--max-wait-ms", std::to_string(options.max_wait_ms)};
  for (const auto& one : plan.analyzers) {
    command.arguments.insert(command.arguments.end(), {"--batch", fmt::format("{}={}", one.analyzer, one.batch_size)});
    const bool asks = one.analyzer == "scene_caption";
    group.analyzers[one.analyzer] = asks ? pictures_of_questions : batches_in_flight * one.batch_size;
    if (asks) // a batch_size that was asked for makes no device larger
      command.arguments.insert(command.arguments.end(),
                               {"--caption-budget", std::to_string(std::min(one.bytes, budget)), "--caption-precision",
                                std::string{to_string(options.captions.precision)}});
    if (asks && spdlog::should_log(spdlog::level::info))
      command.arguments.emplace_back("--log-captions");
  }
  command.environment = environment_of(all, plan);
  if (on_cpu)
    command.environment.push_back(
        fmt::format("OMP_NUM_THREADS={}", std::max(1U, std::thread::hardware_concurrency() / 2)));
  group.link.start_timeout = start_patience;
  group.link.answer_timeout = answer_patience;
  group.link.pulse_timeout = pulse;
  return group;
}

} // namespace

std::set<std::string> without_model(const model_plan& plan) {
  std::set<std::string> names;
  for (const auto& [name, reason] : plan.without)
    names.insert(name);
  return names;
}

bool uses_gpus(const model_plan& plan) {
  return std::ranges::any_of(plan.workers, [](const auto& worker) { return !worker.device_uuid.empty(); });
}

std::string model_key(const model_entry& model) {
  return to_yaml(model) + version_of(model.path);
}

std::string manifest_path(const models_options& options) {
  return options.manifest.empty() ? user_folder("XDG_CONFIG_HOME", ".config") + "/models.yaml" : options.manifest;
}

std::vector<std::string> environment_on(const model_plan& plan, const std::string& device_uuid) {
  const auto client = plan.mps.find(device_uuid);
  return client == plan.mps.end() ? worker_environment(device_uuid) : worker_environment(device_uuid, client->second);
}

expected<model_plan> plan_models(const configuration& settings, const std::vector<std::string>& analyzers,
                                 const measured_models& known) {
  const auto& options = settings.models;
  model_plan plan;
  std::vector<std::string> wanted;
  for (const auto& id : analyzers)
    if (find_analyzer(id)->site == analyzer_site::model)
      wanted.push_back(id);
  if (auto chosen = choose_models(options, wanted, plan); !chosen)
    return tl::unexpected{chosen.error()};
  const bool decodes = settings.media.decoder != decoder_choice::software;
  if (options.device == model_device::automatic && (decodes || !plan.models.empty()))
    find_gpus(options.mps, plan);
  const auto gpus = usable(plan.devices);
  std::set<std::string> device_names;
  for (const auto& gpu : gpus)
    device_names.insert(gpu.name);
  const auto rules = media_rules(settings.media, gpus, !plan.models.empty());
  const device_overhead overhead{context_bytes, reserve_bytes,
                                 decoders_on_each(rules, gpus.size()) * decoding_context_bytes};
  if (device_names.empty())
    device_names.insert(processor);
  std::vector<model_load> loads;
  for (const auto& model : plan.models) {
    const auto rate_hz = demand_of(model.analyzer, analyzer_site::model, settings.analyzers).rate_hz;
    loads.push_back(load_of(model, device_names, rate_hz, known));
  }
  if (const auto groups = with_models(options.gpu_groups, loads); groups.empty()) {
    plan.workers = place(loads, plan.devices, overhead);
  } else {
    auto placed = place(groups, loads, plan.devices, overhead);
    if (!placed)
      return tl::unexpected{placed.error()};
    plan.workers = std::move(*placed);
  }
  for (auto& worker : plan.workers) {
    for (auto& one : worker.analyzers) {
      const bool on_cpu = worker.device_uuid.empty(), asks = one.analyzer == "scene_caption";
      const auto& chosen = asks ? options.captions.batch_size : options.max_batch_size;
      const int by_memory = !on_cpu ? one.batch_size : asks ? cpu_questions : cpu_batch;
      const int most = asks ? options.captions.max_batch_size.value_or(by_memory) : by_memory;
      resize(one, chosen.value_or(std::min(by_memory, most)), loads);
      if (asks && !on_cpu)
        if (auto kept = keep_to_share(one, options.captions, worker, plan, loads); !kept)
          return tl::unexpected{kept.error()};
    }
    plan.groups.push_back(group_of(plan, worker, options));
  }
  return plan;
}

measured_models known_models() {
  auto known = read_measured_models(measured_models_file());
  if (!known)
    say(stderr, "timeloom: sizes of models are guessed: {}\n", one_line(known.error().message));
  return known ? std::move(*known) : measured_models{};
}

void remember_models(const model_plan& plan, const metrics_report& told, measured_models& known) {
  const auto before = known;
  take_measurements(plan, told, known);
  if (known == before)
    return;
  if (auto kept = write_measured_models(known, measured_models_file()); !kept)
    spdlog::info("what was measured of models is not kept: {}", one_line(kept.error().message));
}

void take_measurements(const model_plan& plan, const metrics_report& told, measured_models& known) {
  for (const auto& worker : told.workers) {
    const auto value = [&](std::string_view name, const std::string& label) {
      const auto& values = worker.metrics.values;
      const auto one =
          std::find_if(values.begin(), values.end(), [&](const auto& v) { return v.name == name && v.label == label; });
      return one == values.end() ? 0 : one->value;
    };
    const auto sum = [&](std::string_view name, const std::string& label) {
      const auto& all = worker.metrics.summaries;
      const auto one =
          std::find_if(all.begin(), all.end(), [&](const auto& s) { return s.name == name && s.label == label; });
      return one == all.end() ? 0 : one->sum;
    };
    for (const auto& model : plan.models) {
      const auto pictures = sum("timeloom_batch_pictures", model.analyzer);
      const measured_model measured{static_cast<std::int64_t>(value("timeloom_model_on_device_bytes", model.id)),
                                    static_cast<std::int64_t>(value("timeloom_model_workspace_bytes", model.id)),
                                    pictures > 0 ? sum("timeloom_batch_compute_seconds", model.analyzer) / pictures
                                                 : 0};
      // A model that is not on the device now, or saw nothing, says nothing of itself.
      if (measured.weight_bytes > 0 && measured.workspace_bytes > 0 && measured.seconds > 0)
        known.set(model, device_name(plan, worker.device), measured);
    }
  }
}

model_plan with_workers_of(const model_plan& running, const model_plan& wanted) {
  auto plan = running;
  const auto is_planned = [&](const std::string& id) {
    return running.keys.contains(id) || running.without.contains(id) || running.skipped.contains(id);
  };
  for (const auto& [id, reason] : wanted.skipped)
    if (!is_planned(id))
      plan.skipped[id] = reason;
  for (const auto* part : {&wanted.keys, &wanted.without})
    for (const auto& [id, text] : *part)
      if (!is_planned(id))
        plan.skipped[id] = "its worker starts with the daemon; restart the daemon";
  return plan;
}

} // namespace timeloom
