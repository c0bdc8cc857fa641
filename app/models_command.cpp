#include "app/models_command.hpp"

#include "app/console.hpp"
#include "app/model_plan.hpp"
#include "model_cache/plain_file.hpp"
#include "timeline/utf8.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fmt/ranges.h>
#include <memory>

namespace timeloom {

namespace {

namespace fs = std::filesystem;

/// Where the manifest is, as given on the command line.
struct manifest_arguments {
  std::string manifest;
  std::string config;
};

expected<models_options> chosen_models(const manifest_arguments& given) {
  models_options options;
  if (!given.config.empty()) {
    const auto loaded = load_configuration(given.config);
    if (!loaded)
      return tl::unexpected{loaded.error()};
    options = loaded->models;
  }
  if (!given.manifest.empty())
    options.manifest = given.manifest;
  return options;
}

exit_code complain(const error& problem) {
  say(stderr, "timeloom: {}\n", one_line(problem.message));
  return problem.code == errc::io ? exit_code::failed : exit_code::wrong_use;
}

/// Loads the manifest for `show`. None in the user's folder is no mistake: there are no models then.
template <class Show>
exit_code with_models(const manifest_arguments& given, Show show) {
  const auto options = chosen_models(given);
  if (!options)
    return complain(options.error());
  const auto path = manifest_path(*options);
  auto models = load_manifest(path);
  if (!models && models.error().code == errc::not_found && options->manifest.empty())
    models = manifest{};
  if (!models)
    return complain(models.error());
  if (models->models.empty()) {
    say(stdout, "no model stands in {}; see: timeloom models add --help\n", one_line(path));
    return exit_code::done;
  }
  return show(*models);
}

exit_code list(const manifest& models) {
  say(stdout, "{}", model_table(models));
  return exit_code::done;
}

exit_code check(const manifest& models) {
  const auto checked = check_models(models);
  say(stdout, "{}", checked.lines);
  return checked.all_fine ? exit_code::done : exit_code::partial;
}

exit_code add(const manifest_arguments& where, const model_arguments& given) {
  const auto options = chosen_models(where);
  if (!options)
    return complain(options.error());
  const auto path = manifest_path(*options);
  const auto added = add_model_file(path, given);
  if (!added)
    return complain(added.error());
  say(stdout, "added to {}:\n{}", one_line(path), to_yaml(*added));
  const auto models = load_manifest(path);
  if (!models)
    return complain(models.error());
  const auto first = std::find_if(models->models.begin(), models->models.end(),
                                  [&](const auto& one) { return one.analyzer == added->analyzer; });
  if (first->id != added->id)
    say(stdout, "\n{} goes on using {}, which stands before it\n", added->analyzer, first->id);
  return exit_code::done;
}

template <class T, std::size_t N>
expected<T> named(const std::array<T, N>& all, const std::string& name, std::string_view what) {
  std::vector<std::string_view> names;
  for (const auto one : all) {
    names.push_back(to_string(one));
    if (names.back() == name)
      return one;
  }
  return fail(errc::invalid_argument, "there is no {} \"{}\"; there are: {}", what, name, fmt::join(names, ", "));
}

expected<void> read_triple(const std::vector<double>& given, std::string_view option, std::array<double, 3>& into) {
  if (given.empty())
    return {};
  if (given.size() != into.size())
    return fail(errc::invalid_argument, "{} has {} numbers; expected three, for red, green and blue", option,
                given.size());
  std::copy(given.begin(), given.end(), into.begin());
  return {};
}

expected<model_entry> entry_of(const model_arguments& given) {
  constexpr std::array adapters{model_adapter::yolov8_detect, model_adapter::yolov8_pose, model_adapter::segformer,
                                model_adapter::internvl3};
  constexpr std::array dtypes{model_dtype::automatic, model_dtype::float32, model_dtype::float16,
                              model_dtype::bfloat16};
  model_entry entry;
  entry.id = given.id;
  std::error_code problem;
  entry.path = fs::absolute(given.file, problem).lexically_normal().string();
  if (problem)
    return fail(errc::io, "cannot tell where {} is: {}", given.file, problem.message());
  const auto adapter = named(adapters, given.adapter, "adapter");
  if (!adapter)
    return tl::unexpected{adapter.error()};
  entry.adapter = *adapter;
  entry.analyzer = analyzer_of(*adapter);
  const bool is_checkpoint = *adapter == model_adapter::internvl3;
  if (is_checkpoint)
    entry.kind = model_kind::internvl3;
  else
    entry.input = {given.width, given.height};
  if (!given.dtype.empty()) {
    const auto dtype = named(dtypes, given.dtype, "dtype");
    if (!dtype)
      return tl::unexpected{dtype.error()};
    entry.dtype = *dtype;
  }
  if (is_checkpoint)
    return entry;
  auto triples = read_triple(given.mean, "--mean", entry.normalisation.mean).and_then([&] {
    return read_triple(given.std, "--std", entry.normalisation.std);
  });
  if (!triples)
    return tl::unexpected{triples.error()};
  if (!given.labels.empty()) {
    auto labels = load_labels(given.labels);
    if (!labels)
      return tl::unexpected{labels.error()};
    entry.labels = std::move(*labels);
  } else if (*adapter != model_adapter::yolov8_pose) {
    return fail(errc::invalid_argument,
                "{} needs --labels FILE with the names of its classes, one a line: {} tells nothing that has no name",
                given.adapter, entry.analyzer);
  }
  return entry;
}

void add_manifest_options(CLI::App& command, manifest_arguments& given) {
  command.add_option("--manifest", given.manifest, "The manifest (default: timeloom/models.yaml in ~/.config)")
      ->type_name("FILE");
  command.add_option("--config,-c", given.config, "Configuration in YAML, whose models.manifest is taken")
      ->type_name("FILE");
}

} // namespace

std::string model_table(const manifest& models) {
  using row = std::array<std::string, 5>;
  std::vector<row> rows{{"id", "analyzer", "file", "input", "dtype"}};
  for (const auto& one : models.models)
    rows.push_back(
        {one.id, one.analyzer, find_model_file(one) ? "there" : "missing",
         one.kind == model_kind::internvl3 ? "tiles" : fmt::format("{}x{}", one.input.width, one.input.height),
         std::string{to_string(one.dtype)}});
  std::array<std::size_t, 5> widths{};
  for (const auto& each : rows)
    for (std::size_t i = 0; i < widths.size(); ++i)
      widths[i] = std::max(widths[i], each[i].size());
  std::string text;
  for (const auto& each : rows)
    text += fmt::format("{:<{}}  {:<{}}  {:<{}}  {:<{}}  {}\n", each[0], widths[0], each[1], widths[1], each[2],
                        widths[2], each[3], widths[3], each[4]);
  return text;
}

models_check check_models(const manifest& models) {
  models_check checked;
  for (const auto& one : models.models) {
    const auto fine = check_model_file(one);
    checked.all_fine &= fine.has_value();
    checked.lines += fmt::format("{}: {}\n", one.id,
                                 !fine                               ? one_line(fine.error().message)
                                 : one.kind == model_kind::internvl3 ? "ok (its files are there)"
                                 : one.sha256.empty()                ? "ok (the manifest has no SHA-256 of it)"
                                                                     : "ok");
  }
  return checked;
}

expected<model_entry> add_model_file(const std::string& manifest_path, const model_arguments& given) {
  auto entry = entry_of(given);
  if (!entry)
    return entry;
  if (auto present = find_model_file(*entry); !present)
    return tl::unexpected{present.error()};
  std::error_code problem;
  if (const auto folder = fs::path{manifest_path}.parent_path(); !folder.empty())
    fs::create_directories(folder, problem);
  if (problem)
    return fail(errc::io, "cannot make the folder of {}: {}", manifest_path, problem.message());
  return add_model(manifest_path, *entry).and_then([&] { return load_manifest(manifest_path); }).map([](auto models) {
    return std::move(models.models.back());
  });
}

void add_models_command(CLI::App& app, exit_code& code) {
  struct arguments {
    manifest_arguments where;
    model_arguments model;
  };
  const auto given = std::make_shared<arguments>();
  auto* command = app.add_subcommand("models", "See, check and add the models that analyzers run");
  command->require_subcommand(1);
  command->footer(
      "body_pose runs only with a model: a TorchScript file that the manifest names; scene_caption with an InternVL3:\n"
      "the folder of a checkpoint of Hugging Face. Without a model, object_detection finds people, and\n"
      "background_segmentation what moves. configs/models.yaml explains the manifest.\n\n"
      "A YOLOv8 model and its labels come from its own tool (pip install ultralytics):\n"
      "  yolo export model=yolov8x.pt format=torchscript\n"
      "  python3 -c \"from ultralytics import YOLO; print(*YOLO('yolov8x.pt').names.values(), sep='\\n')\" > "
      "coco.txt\n\n"
      "Examples:\n"
      "  timeloom models add yolov8x.torchscript --id yolov8x --adapter yolov8_detect --labels coco.txt\n"
      "  timeloom models list\n"
      "  timeloom models check\n\n"
      "Exit status: 0 done; 2 wrong use; 3 a model is missing or not what the manifest says; 4 failed.");

  auto* list_command = command->add_subcommand("list", "Print a table of the models");
  add_manifest_options(*list_command, given->where);
  list_command->callback([given, &code] { code = with_models(given->where, list); });

  auto* check_command = command->add_subcommand("check", "Look whether each file is there and has its SHA-256");
  add_manifest_options(*check_command, given->where);
  check_command->callback([given, &code] { code = with_models(given->where, check); });

  auto* add_command = command->add_subcommand("add", "Add a model to the manifest");
  auto& model = given->model;
  add_command->add_option("file", model.file, "The model, as TorchScript; of internvl3, its folder")
      ->required()
      ->type_name("FILE");
  add_command->add_option("--id", model.id, "What it is called")->required()->type_name("ID");
  add_command
      ->add_option("--adapter", model.adapter,
                   "How it is read: yolov8_detect (object_detection), yolov8_pose (body_pose), segformer "
                   "(background_segmentation) or internvl3 (scene_caption)")
      ->required()
      ->type_name("NAME");
  add_command->add_option("--width", model.width, "Of the picture that it takes (default: 640)")->type_name("PIXELS");
  add_command->add_option("--height", model.height, "Of the picture that it takes (default: 640)")->type_name("PIXELS");
  add_command->add_option("--labels", model.labels, "Names of its classes, one a line; yolov8_pose needs none")
      ->type_name("FILE");
  add_command->add_option("--dtype", model.dtype, "auto, float32, float16, or bfloat16 of internvl3 (default: auto)")
      ->type_name("NAME");
  add_command->add_option("--mean", model.mean, "Of red, green and blue from 0 to 1 (default: 0,0,0)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("R,G,B");
  add_command->add_option("--std", model.std, "Likewise, to divide by (default: 1,1,1)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("R,G,B");
  add_manifest_options(*add_command, given->where);
  add_command->footer(
      "Examples:\n"
      "  timeloom models add yolov8x.torchscript --id yolov8x --adapter yolov8_detect --labels coco.txt\n"
      "  timeloom models add yolov8x-pose.torchscript --id yolov8x-pose --adapter yolov8_pose\n"
      "  timeloom models add segformer-b5.pt --id segformer-b5 --adapter segformer --width 512 --height 512 \\\n"
      "      --labels ade20k.txt --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225\n"
      "  timeloom models add InternVL3-2B-hf --id internvl3-2b --adapter internvl3\n\n"
      "`timeloom models --help` says how a YOLOv8 model is exported.");
  add_command->callback([given, &code] { code = add(given->where, given->model); });
}

} // namespace timeloom
