#include "app/describe_command.hpp"

#include "actors/caf_error.hpp"
#include "actors/coordinator.hpp"
#include "actors/system_config.hpp"
#include "analyzers/scene_questions.hpp"
#include "app/caption_arguments.hpp"
#include "app/console.hpp"
#include "app/host_plan.hpp"
#include "app/log.hpp"
#include "app/model_plan.hpp"
#include "media/image_names.hpp"
#include "media/input_file.hpp"
#include "timeline/utf8.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <memory>
#include <nlohmann/json.hpp>

namespace timeloom {

namespace {

constexpr auto submit_patience = std::chrono::seconds{10};
const std::string captions_id = "scene_caption";

struct arguments {
  std::vector<std::string> images;
  std::string config;
  caption_arguments captions;
  bool json = false;
};

/// A file, or some images of a folder, as a video whose every frame is a scene.
struct image_run {
  std::string path;
  std::string real_path;
  std::vector<std::string> names; ///< of its images, as they are told
  std::vector<scene> scenes;      ///< one for each
};

scene scene_at(std::int64_t index, double rate_hz) {
  const frame_position at{index, from_seconds(static_cast<double>(index) / rate_hz)};
  return {.number = index + 1, .first = at, .representative = at, .last = at, .end = at.time};
}

expected<std::vector<image_run>> runs_of(const std::string& path, const configuration& settings) {
  const auto input = open_input(path, settings.media.root);
  if (!input)
    return tl::unexpected{input.error()};
  if (!input->is_folder)
    return std::vector{image_run{path, input->real_path, {path}, {scene_at(0, 1)}}};
  const auto names = list_images(input->fd, path);
  if (!names)
    return tl::unexpected{names.error()};
  std::vector<image_run> runs;
  for (std::size_t i = 0; i < names->size(); ++i) {
    if (i % most_chosen_frames == 0)
      runs.push_back({path, input->real_path, {}, {}});
    runs.back().names.push_back(path + (path.ends_with('/') ? "" : "/") + (*names)[i]);
    runs.back().scenes.push_back(scene_at(static_cast<std::int64_t>(i), settings.media.image_rate_hz));
  }
  return runs;
}

/// Prints what comes back, in the order of the images within a run.
class description_printer {
public:
  explicit description_printer(bool json) : json_(json) {}

  void finish(const image_run& run, const job_result& result) {
    for (std::size_t i = 0; i < run.names.size(); ++i) {
      const auto* found = result.made ? find(*result.made, run.scenes[i].first.index) : nullptr;
      if (found != nullptr)
        tell(run.names[i], *found);
      else
        complain(run.names[i], reason_of(run.names[i], result));
    }
  }

  void complain(const std::string& image, const std::string& reason) {
    ++missing_;
    if (json_)
      print({{"image", repaired_utf8(image)}, {"error", repaired_utf8(reason)}});
    else
      say(stderr, "timeloom: {}: {}\n", one_line(image), one_line(reason));
  }

  exit_code code() const {
    return missing_ == 0 ? exit_code::done : told_ > 0 ? exit_code::partial : exit_code::failed;
  }

private:
  static const event* find(const timeline& made, std::int64_t index) {
    const auto found = std::find_if(made.events.begin(), made.events.end(),
                                    [&](const auto& one) { return one.start.index == index && one.text; });
    return found == made.events.end() ? nullptr : &*found;
  }

  /// The decoder's own words where they are kept.
  static std::string reason_of(const std::string& image, const job_result& result) {
    if (!result.made)
      return result.reason.message;
    for (const auto& note : result.made->media.decode_notes)
      if (note.find(image) != note.npos)
        return note;
    return result.made->analyzers.front().reason;
  }

  void tell(const std::string& image, const event& found) {
    ++told_;
    if (!json_)
      return say(stdout, "{}: {}\n", one_line(image), one_line(*found.text));
    nlohmann::ordered_json object{{"image", repaired_utf8(image)}, {"text", *found.text}};
    for (const auto& [name, attribute] : found.attributes)
      if (const auto* number = std::get_if<std::int64_t>(&attribute.value); number != nullptr && name != "scene")
        object[name] = *number;
      else if (const auto* flag = std::get_if<bool>(&attribute.value))
        object[name] = *flag;
    print(object);
  }

  static void print(const nlohmann::ordered_json& object) { say(stdout, "{}\n", object.dump()); }

  bool json_;
  int told_ = 0, missing_ = 0;
};

struct listener_state {
  static inline const char* name = "listener";
  std::size_t open = 0;
};

listener_actor::behavior_type listener(listener_actor::stateful_pointer<listener_state> self,
                                       description_printer* printer, const std::vector<image_run>* runs) {
  self->state.open = runs->size();
  return {
      [](const job_progress&) {},
      [](const job_finds&) {}, // the result has them all
      [=](const job_result& result) {
        printer->finish(runs->at(result.tag), result);
        if (--self->state.open == 0)
          self->quit();
      },
  };
}

analysis_request request_for(std::uint64_t tag, const image_run& run, const configuration& settings) {
  analysis_request request;
  request.tag = tag;
  request.path = run.path;
  request.analyzers = {captions_id};
  request.options = settings.analyzers.of_video(run.real_path);
  request.scenes = run.scenes;
  request.source.image_rate_hz = settings.media.image_rate_hz;
  request.source.max_pixels = settings.media.max_pixels;
  request.root = settings.media.root;
  return request;
}

void run_jobs(const std::vector<image_run>& runs, const configuration& settings, const model_plan& models,
              description_printer& printer) {
  system_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  const auto results = system.spawn<caf::detached>(listener, &printer, &runs);
  const auto conductor = system.spawn(coordinator, plan_host(settings, runs.size(), models));
  for (std::size_t i = 0; i < runs.size(); ++i)
    self->request(conductor, submit_patience, submit_atom_v, request_for(i, runs[i], settings), results)
        .receive([](std::uint64_t) {},
                 [&](const caf::error& reason) {
                   caf::anon_send(results, job_result{i, nullptr, from_caf(reason)});
                 });
  self->wait_for(results);
  caf::anon_send_exit(conductor, caf::exit_reason::user_shutdown);
}

exit_code wrong(const error& problem) {
  say(stderr, "timeloom: {}\n", one_line(problem.message));
  return exit_code::wrong_use;
}

exit_code describe(const arguments& given) {
  configuration settings;
  if (!given.config.empty()) {
    auto loaded = load_configuration(given.config);
    if (!loaded)
      return wrong(loaded.error());
    settings = std::move(*loaded);
  }
  apply(given.captions, settings);
  settings.analyzers.scene_caption.caption = caption_unit::frame;
  if (auto log = start_log(settings.log); !log)
    return wrong(log.error());
  const auto models = plan_models(settings, {captions_id}, known_models());
  if (!models)
    return wrong(models.error());
  if (const auto skipped = models->skipped.find(captions_id); skipped != models->skipped.end()) {
    say(stderr, "timeloom: nothing can be described here: {}\n", one_line(skipped->second));
    return exit_code::failed;
  }
  description_printer printer{given.json};
  std::vector<image_run> runs;
  for (const auto& path : given.images) {
    auto found = runs_of(path, settings);
    if (!found)
      printer.complain(path, found.error().message);
    else
      std::move(found->begin(), found->end(), std::back_inserter(runs));
  }
  if (!runs.empty())
    run_jobs(runs, settings, *models, printer);
  return printer.code();
}

} // namespace

void add_describe_command(CLI::App& app, exit_code& code) {
  const auto given = std::make_shared<arguments>();
  auto* command =
      app.add_subcommand("describe", "Say of images what is to be seen in them, by the model of scene_caption");
  command->add_option("images", given->images, "Image files, or folders of images")->required()->type_name("IMAGE");
  command->add_option("--config,-c", given->config, "Configuration in YAML; configs/example.yaml explains it")
      ->type_name("FILE");
  command->add_flag("--json", given->json, "Print one JSON object a line");
  add_caption_options(*command, given->captions);
  command->footer(
      "It needs a model; `timeloom models --help` says which. Of a folder each image is described alone, in\n"
      "natural order of the names.\n\n"
      "Examples:\n"
      "  timeloom describe beach.jpg\n"
      "  timeloom describe photos/ --prompt \"Name every animal in the picture.\" --batch-size 16 --json\n\n"
      "Exit status: 0 all described; 2 wrong use or configuration; 3 some images could not be described;\n"
      "4 none could.");
  command->callback([given, &code] { code = describe(*given); });
}

} // namespace timeloom
