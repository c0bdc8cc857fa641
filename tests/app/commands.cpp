/// `timeloom models` and `timeloom plan`, without the command line.
#include "app/models_command.hpp"
#include "app/plan_command.hpp"
#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace timeloom;
namespace fs = std::filesystem;

namespace {

using tests::temporary_folder;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The arguments for a pose model that is there, which need the least.
model_arguments pose(const temporary_folder& folder) {
  model_arguments given;
  given.file = folder.file("pose.pt", "abc");
  given.id = "pose";
  given.adapter = "yolov8_pose";
  return given;
}

/// Why `given` cannot be added to the manifest of `folder`, which must not be made then.
error refusal(const temporary_folder& folder, const model_arguments& given) {
  const auto added = add_model_file(folder.at("models.yaml"), given);
  REQUIRE_FALSE(added);
  CHECK_FALSE(fs::exists(folder.at("models.yaml")));
  return added.error();
}

manifest loaded(const std::string& path) {
  const auto models = load_manifest(path);
  INFO((models ? "" : models.error().message));
  REQUIRE(models);
  return *models;
}

/// A choice of `analyzers` with the manifest at `path`, and no GPU.
analysis_choice choice_of(std::vector<std::string> analyzers, const std::string& path) {
  analysis_choice choice;
  choice.analyzers = std::move(analyzers);
  choice.settings.models.manifest = path;
  choice.settings.models.device = model_device::cpu;
  return choice;
}

} // namespace

TEST_CASE("a model is added to a manifest that was not there, with all that was given and its SHA-256") {
  const temporary_folder folder;
  auto given = pose(folder);
  given.adapter = "segformer";
  given.width = 512;
  given.height = 256;
  given.labels = folder.file("labels.txt", "sky\r\ntraffic light\n");
  given.dtype = "float16";
  given.mean = {0.485, 0.456, 0.406};
  given.std = {0.229, 0.224, 0.225};
  const auto path = folder.at("new/folder/models.yaml");
  const auto added = add_model_file(path, given);
  INFO((added ? "" : added.error().message));
  REQUIRE(added);
  CHECK(added->path == folder.at("pose.pt"));
  CHECK(added->sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); // FIPS 180-2
  CHECK(added->analyzer == "background_segmentation");
  CHECK(added->input == model_input{512, 256});
  CHECK(added->labels == std::vector<std::string>{"sky", "traffic light"});
  CHECK(added->dtype == model_dtype::float16);
  CHECK(added->normalisation.mean == std::array{0.485, 0.456, 0.406});
  CHECK(added->normalisation.std == std::array{0.229, 0.224, 0.225});
  CHECK(loaded(path).models == std::vector{*added});
}

TEST_CASE("a model's path in the manifest does not depend on the working folder") {
  const temporary_folder folder;
  auto given = pose(folder);
  given.file = fs::relative(given.file).string();
  REQUIRE(fs::path{given.file}.is_relative());
  const auto added = add_model_file(folder.at("models.yaml"), given);
  REQUIRE(added);
  CHECK(added->path == folder.at("pose.pt"));
}

TEST_CASE("what cannot be added is refused with a sentence, and no manifest is made") {
  const temporary_folder folder;
  auto given = pose(folder);
  given.file = folder.at("nothing.pt");
  CHECK(refusal(folder, given) == error{errc::not_found, "model file not found: " + given.file});

  given = pose(folder);
  given.adapter = "yolo";
  CHECK(refusal(folder, given) == error{errc::invalid_argument, "there is no adapter \"yolo\"; there are: "
                                                                "yolov8_detect, yolov8_pose, segformer, internvl3"});
  given = pose(folder);
  given.dtype = "int8";
  CHECK(refusal(folder, given) ==
        error{errc::invalid_argument, "there is no dtype \"int8\"; there are: auto, float32, float16, bfloat16"});
  given = pose(folder);
  given.std = {1, 2};
  CHECK(refusal(folder, given) ==
        error{errc::invalid_argument, "--std has 2 numbers; expected three, for red, green and blue"});
  given = pose(folder);
  given.width = 100;
  CHECK(has(refusal(folder, given).message, "models[0].input.width is \"100\"; expected a multiple of 32"));
  given = pose(folder);
  given.adapter = "yolov8_detect";
  CHECK(has(refusal(folder, given).message, "yolov8_detect needs --labels FILE"));
  given.labels = folder.file("labels.txt", "person\n\ncar\n");
  CHECK(refusal(folder, given).message == "line 2 of " + given.labels + " is empty; expected a name");
}

TEST_CASE("the table of models tells which files are there") {
  const temporary_folder folder;
  const auto path = folder.at("models.yaml");
  REQUIRE(add_model_file(path, pose(folder)));
  auto second = pose(folder);
  second.id = "a-longer-name";
  second.file = folder.file("second.pt", "abc");
  second.width = 1280;
  second.dtype = "float32";
  REQUIRE(add_model_file(path, second));
  fs::remove(second.file);
  CHECK(model_table(loaded(path)) == "id             analyzer   file     input     dtype\n"
                                     "pose           body_pose  there    640x640   auto\n"
                                     "a-longer-name  body_pose  missing  1280x640  float32\n");
}

TEST_CASE("a check finds a model file that is missing or was changed") {
  const temporary_folder folder;
  const auto path = folder.at("models.yaml");
  auto given = pose(folder);
  REQUIRE(add_model_file(path, given));
  auto models = loaded(path);
  CHECK(check_models(models).lines == "pose: ok\n");
  CHECK(check_models(models).all_fine);

  models.models.push_back(models.models.front());
  models.models.back().id = "unsummed";
  models.models.back().sha256.clear();
  folder.file("pose.pt", "abd");
  const auto changed = check_models(models);
  CHECK_FALSE(changed.all_fine);
  CHECK(has(changed.lines, "pose: the model file " + given.file + " has the SHA-256 "));
  CHECK(has(changed.lines, "; the manifest says ba7816bf"));
  CHECK(has(changed.lines, "\nunsummed: ok (the manifest has no SHA-256 of it)\n"));

  fs::remove(given.file);
  models.models.back().get = "curl ...";
  const auto missing = check_models(models);
  CHECK_FALSE(missing.all_fine);
  CHECK(missing.lines == "pose: model file not found: " + given.file +
                             "\nunsummed: model file not found: " + given.file + "; get it with curl ...\n");
}

TEST_CASE("a plan names the processes, the analyzers in each, and why others are skipped") {
  const temporary_folder folder;
  const auto path = folder.at("models.yaml");
  REQUIRE(add_model_file(path, pose(folder)));
  auto choice = choice_of({"cut_analysis", "color_analysis", "text_overlay", "body_pose"}, path);
  choice.settings.media.workers = 3;
  choice.settings.media.threads = 1;
  choice.settings.cpu_parallel.workers = 2;
  const auto text = plan_text(choice);
  REQUIRE(text);
  // The model worker is looked for beside the running program, where no test puts one.
  CHECK(has(*text, "on the processor\n"
                   "  3 media workers with 1 decoder thread each: decoding, cut_analysis, color_analysis\n"
                   "  2 analysis workers: text_overlay\n"
                   "\nskipped\n  body_pose: it needs /"));
}

TEST_CASE("what can do without a model is planned without one, if none was chosen for it") {
  const temporary_folder folder;
  const auto path = folder.at("models.yaml");
  REQUIRE(add_model_file(path, pose(folder)));
  auto choice = choice_of({"eye_tracking", "object_detection", "background_segmentation"}, path);
  choice.settings.cpu_parallel.workers = 1;
  const auto text = plan_text(choice);
  REQUIRE(text);
  CHECK(has(*text, "  1 analysis worker: eye_tracking, background_segmentation, object_detection\n"));
  const auto missing = ": it needs a model, and " + path + " has none for it\n";
  CHECK(has(*text, "\nwithout a model\n  background_segmentation" + missing + "  object_detection" + missing));

  auto chosen = pose(folder);
  chosen.id = "detector";
  chosen.adapter = "yolov8_detect";
  chosen.labels = folder.file("labels.txt", "person\n");
  REQUIRE(add_model_file(path, chosen));
  const auto with = plan_text(choice);
  REQUIRE(with);
  CHECK_FALSE(has(*with, "  object_detection" + missing));
  CHECK(has(*with, "  1 analysis worker: eye_tracking, background_segmentation\n"));
  CHECK(has(*with, "\nskipped\n  object_detection: it needs /")); // no model worker lies beside the tests
}

TEST_CASE("a plan has no more media workers than videos, and no processes that have nothing to do") {
  const temporary_folder folder;
  auto choice = choice_of({"cut_analysis"}, folder.at("models.yaml"));
  choice.videos = {"a.mp4", "b.mp4"};
  choice.settings.media.workers = 8;
  choice.settings.media.threads = 4;
  const auto text = plan_text(choice);
  REQUIRE(text);
  CHECK(*text == "on the processor\n  2 media workers with 4 decoder threads each: decoding, cut_analysis\n");
}

TEST_CASE("a plan fails when the manifest that was asked for is not there") {
  const temporary_folder folder;
  const auto text = plan_text(choice_of({"body_pose"}, folder.at("models.yaml")));
  REQUIRE_FALSE(text);
  CHECK(text.error() == error{errc::not_found, "model manifest not found: " + folder.at("models.yaml")});
}

TEST_CASE("an analyzer that there is none of cannot be chosen, and a choice comes in the catalog's order") {
  const auto refused = choose_analysis({.videos = {}, .analyzers = {"cut_analysis", "faces"}, .config = {}});
  REQUIRE_FALSE(refused);
  CHECK(has(refused.error().message, "there is no analyzer \"faces\"; there are: cut_analysis, "));
  const auto chosen = choose_analysis({.videos = {}, .analyzers = {"text_overlay", "cut_analysis"}, .config = {}});
  REQUIRE(chosen);
  CHECK(chosen->analyzers == std::vector<std::string>{"cut_analysis", "text_overlay"});
  CHECK(chosen->analyzers_named);
}
