#include "model_cache/manifest.hpp"

#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace timeloom;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view sha256_of_abc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // FIPS 180-2

std::string read_all(const fs::path& path) {
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

using tests::temporary_folder;

/// The one entry of a manifest in "/m" with `fields` in place of or after those of a whole one.
std::string with(const std::string& fields, const std::string& without = "") {
  std::string text = "models:\n  - ";
  for (const std::string field : {"id: a", "path: a.pt", "kind: torchscript", "adapter: yolov8_detect",
                                  "analyzer: object_detection", "input: {width: 640, height: 384}"}) {
    const std::string key = field.substr(0, field.find(':') + 1);
    if (fields.find(key) != 0 && key != without)
      text += field + "\n    ";
  }
  return text + fields + "\n";
}

model_entry valid(const std::string& text) {
  const auto parsed = parse_manifest(text, "/m/models.yaml");
  INFO(text);
  INFO((parsed ? "" : parsed.error().message));
  REQUIRE(parsed);
  REQUIRE(parsed->models.size() == 1);
  return parsed->models.front();
}

std::string refusal(const std::string& text) {
  const auto parsed = parse_manifest(text, "m.yaml");
  INFO(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == errc::invalid_config);
  return parsed.error().message;
}

model_entry with_nothing_at_its_default() {
  model_entry entry;
  entry.id = "seg-b5.1";
  entry.path = "/models/a \"b\" \\ # ü.pt";
  entry.sha256 = sha256_of_abc;
  entry.adapter = model_adapter::segformer;
  entry.analyzer = "background_segmentation";
  entry.input = {513, 32};
  entry.normalisation = {1, {0.485, 0.456, 0.406}, {0.229, 0.224, 0.1}};
  entry.dtype = model_dtype::float16;
  entry.labels = {"wall", "no", "5", "a: b", "- c", "~"};
  entry.thresholds = {0, 1};
  entry.get = "wget x\nor ask";
  return entry;
}

/// An entry for the file "a.pt" beside the manifest.
model_entry small_entry(const std::string& id) {
  model_entry entry;
  entry.id = id;
  entry.path = "a.pt";
  entry.adapter = model_adapter::yolov8_pose;
  entry.analyzer = "body_pose";
  entry.input = {64, 64};
  return entry;
}

} // namespace

TEST_CASE("an entry needs few fields; the others have defaults") {
  const model_entry entry = valid(with(""));
  CHECK(entry.id == "a");
  CHECK(entry.path == "/m/a.pt");
  CHECK(entry.kind == model_kind::torchscript);
  CHECK(entry.adapter == model_adapter::yolov8_detect);
  CHECK(entry.analyzer == "object_detection");
  CHECK(entry.input == model_input{640, 384});
  CHECK(entry.normalisation == model_normalisation{255, {0, 0, 0}, {1, 1, 1}});
  CHECK(entry.dtype == model_dtype::automatic);
  CHECK(entry.thresholds == model_thresholds{0.25, 0.7});
  CHECK((entry.sha256.empty() && entry.labels.empty() && entry.get.empty()));
}

TEST_CASE("what is printed parses to the same entry") {
  const model_entry entry = with_nothing_at_its_default();
  CHECK(valid("models:\n" + to_yaml(entry)) == entry);
  CHECK(valid("models:\n" + to_yaml(valid(with("")))) == valid(with("")));
}

TEST_CASE("an InternVL3 is a folder that says the rest itself") {
  const std::string text = "models:\n  - id: vl\n    kind: internvl3\n    path: InternVL3-2B-hf\n";
  const auto entry = valid(text);
  CHECK(entry.path == "/m/InternVL3-2B-hf");
  CHECK(entry.analyzer == "scene_caption");
  CHECK(entry.dtype == model_dtype::automatic);
  const auto half = valid(text + "    dtype: bfloat16\n    get: huggingface-cli download\n");
  CHECK(half.dtype == model_dtype::bfloat16);
  CHECK(valid("models:\n" + to_yaml(half)) == half);
  CHECK(refusal(text + "    input: {width: 448, height: 448}\n") ==
        "m.yaml:5: models[0].input has no meaning for a model of the kind internvl3");
  CHECK(refusal(text + "    adapter: segformer\n") ==
        "m.yaml:5: models[0].adapter is \"segformer\"; expected one of internvl3");
  CHECK(refusal(with("adapter: internvl3")).find("expected one of yolov8_detect") != std::string::npos);
  CHECK(refusal(with("dtype: bfloat16")).find("expected one of auto, float32, float16") != std::string::npos);
}

TEST_CASE("of an InternVL3's folder the missing file is named") {
  const temporary_folder folder;
  model_entry entry;
  entry.kind = model_kind::internvl3;
  entry.path = folder.path().string();
  CHECK(find_model_file(entry).error().message == "model file not found: " + folder.at("config.json"));
  std::ofstream{folder.at("config.json")} << "{}";
  std::ofstream{folder.at("tokenizer.json")} << "{}";
  CHECK(find_model_file(entry).error().message ==
        entry.path + " has neither model.safetensors nor model.safetensors.index.json");
  std::ofstream{folder.at("model.safetensors")} << "12345";
  CHECK(find_model_file(entry));
  CHECK(model_bytes(entry) == 5);
  entry.get = "huggingface-cli download OpenGVLab/InternVL3-2B-hf";
  entry.path = "/nowhere";
  CHECK(find_model_file(entry).error().message == "model folder not found: /nowhere; get it with " + entry.get);
  CHECK(model_bytes(entry) == 0);
}

TEST_CASE("a file without entries is a manifest without models") {
  for (const char* text : {"", "# nothing\n", "models:\n", "models: []", "{}"}) {
    INFO(text);
    CHECK(parse_manifest(text, "m.yaml") == manifest{});
  }
}

TEST_CASE("paths are absolute, from the home folder, or beside the manifest") {
  CHECK(valid(with("path: /x/a.pt")).path == "/x/a.pt");
  CHECK(valid(with("path: ../b/a.pt")).path == "/b/a.pt");
  const char* home = std::getenv("HOME");
  const std::string before = home ? home : "";
  ::setenv("HOME", "/home/someone", 1);
  CHECK(valid(with("path: ~/a.pt")).path == "/home/someone/a.pt");
  ::unsetenv("HOME");
  CHECK(refusal(with("path: ~/a.pt")).find("HOME is not set") != std::string::npos);
  if (home)
    ::setenv("HOME", before.c_str(), 1);
  CHECK(refusal(with("path: ~other/a.pt")).find("expected ~ to be followed by /") != std::string::npos);
  const auto relative = parse_manifest(with(""), "folder/models.yaml");
  REQUIRE(relative);
  CHECK(relative->models.front().path == (fs::current_path() / "folder/a.pt").string());
}

TEST_CASE("a fault is named with its file, line, field, value and what was expected") {
  CHECK(refusal(with("adapter: yolo")) ==
        "m.yaml:7: models[0].adapter is \"yolo\"; expected one of yolov8_detect, yolov8_pose, segformer");
  CHECK(refusal(with("kind: onnx")) == "m.yaml:7: models[0].kind is \"onnx\"; expected one of torchscript, internvl3");
  CHECK(refusal(with("analyzer: body_pose")) ==
        "m.yaml:7: models[0].analyzer is \"body_pose\"; expected object_detection, which yolov8_detect serves");
  CHECK(refusal(with("dtype:")) == "m.yaml:8: models[0].dtype is empty; expected one of auto, float32, float16");
  CHECK(refusal(with("input: {width: 640,\n     height: 0}")) ==
        "m.yaml:8: models[0].input.height is \"0\"; expected a whole number from 32 to 8192");
  CHECK(refusal(with("input: {width: 650, height: 640}")) ==
        "m.yaml:7: models[0].input.width is \"650\"; expected a multiple of 32 for yolov8_detect");
  CHECK(refusal(with("input: {width: 640}")) == "m.yaml:7: models[0].input has no height");
  CHECK(refusal(with("sha256: 12")) == "m.yaml:8: models[0].sha256 is \"12\"; expected 64 hexadecimal digits");
  CHECK(refusal(with("thresholds: {score: \"0.5\"}")) ==
        "m.yaml:8: models[0].thresholds.score is \"0.5\" in quotes; expected a number from 0 to 1");
  CHECK(refusal(with("normalisation: {mean: [0, 0]}")) ==
        "m.yaml:8: models[0].normalisation.mean is a list; expected a list of three numbers: for red, green and blue");
  CHECK(refusal(with("normalisation: {std: [1, 0, 1]}")) ==
        "m.yaml:8: models[0].normalisation.std[1] is \"0\"; expected a number from 1e-06 to 1000000");
  CHECK(refusal(with("colour: 1")) ==
        "m.yaml:8: unknown field \"colour\" in models[0]; expected one of id, path, sha256, kind, adapter, analyzer, "
        "input, normalisation, dtype, labels, thresholds, get");
  CHECK(refusal(with("get: 1\n    get: 2")) == "m.yaml:9: models[0].get is given twice");
  CHECK(refusal("model: []") == "m.yaml:1: unknown field \"model\" in the file; expected one of models");
  CHECK(refusal("models: 5") == "m.yaml:1: models is \"5\"; expected a list of models");
  CHECK(refusal("- a") == "m.yaml:1: the file is a list; expected a map with models");
  CHECK(refusal("models:\n- a") == "m.yaml:2: models[0] is \"a\"; expected a map with id, path, sha256, kind, adapter, "
                                   "analyzer, input, normalisation, dtype, labels, thresholds, get");
}

TEST_CASE("every needed field is missed") {
  for (const char* key : {"id", "path", "kind", "adapter", "analyzer", "input"}) {
    INFO(key);
    CHECK(refusal(with("get: x", std::string{key} + ":")) == "m.yaml:2: models[0] has no " + std::string{key});
  }
}

TEST_CASE("numbers are finite, in range, unquoted and nothing else") {
  CHECK(valid(with("thresholds: {score: 5e-1, iou: 1}")).thresholds == model_thresholds{0.5, 1});
  for (const char* value : {".nan", "nan", ".inf", "inf", "-0.1", "1.1", "0x1", "'1'", "1 %", "", "[1]", "{}"})
    CHECK(refusal(with("thresholds: {iou: " + std::string{value} + "}")).find("models[0].thresholds.iou is ") !=
          std::string::npos);
  for (const char* value : {"640.0", "1e2", "8224", "-32", "99999999999"})
    CHECK(refusal(with("input: {width: " + std::string{value} + ", height: 32}")).find("from 32 to 8192") !=
          std::string::npos);
}

TEST_CASE("ids are names, each given once") {
  for (const char* id : {"''", "a b", "a/b", "\"a\\n\"", "[a]"})
    CHECK(refusal(with("id: " + std::string{id})).find("expected a name") != std::string::npos);
  CHECK(refusal(with("id: " + std::string(65, 'a'))).find("at most 64") != std::string::npos);
  CHECK(refusal(with("") + with("").substr(8)) == "m.yaml:9: models[1].id is \"a\", as is models[0].id");
}

TEST_CASE("labels are a list or the lines of a file beside the manifest") {
  CHECK(valid(with("labels: [person, traffic light]")).labels == std::vector<std::string>{"person", "traffic light"});
  CHECK(refusal(with("labels: []")).find("labels is an empty list; expected a list of names") != std::string::npos);
  CHECK(refusal(with("labels: [a, {b: c}]")).find("labels[1] is a map; expected a name") != std::string::npos);
  CHECK(refusal(with("labels: [a,\n      \"b\\e\"]")).starts_with("m.yaml:9: models[0].labels[1]"));

  const temporary_folder folder;
  const std::string path = folder.file("models.yaml", with("labels: names.txt"));
  const auto missing = load_manifest(path);
  REQUIRE_FALSE(missing);
  CHECK(missing.error() ==
        error{errc::invalid_config, path + ":8: models[0].labels: label file not found: " + folder.at("names.txt")});
  folder.file("names.txt", "person\r\ntraffic light\nbus");
  const auto loaded = load_manifest(path);
  REQUIRE(loaded);
  CHECK(loaded->models.front().labels == std::vector<std::string>{"person", "traffic light", "bus"});
  folder.file("names.txt", "person\n\nbus\n");
  CHECK(load_manifest(path).error().message.ends_with("line 2 of " + folder.at("names.txt") +
                                                      " is empty; expected a name"));
  folder.file("names.txt", "");
  CHECK(load_manifest(path).error().message.ends_with("names.txt is empty"));
}

TEST_CASE("text that is no YAML is refused with its line") {
  CHECK(refusal("models:\n  - [").starts_with("m.yaml:"));
  CHECK(refusal("models:\n---\nmodels:\n").find("a second YAML document") != std::string::npos);
  CHECK(refusal(std::string(1 << 17, '[')).starts_with("m.yaml"));
  CHECK(refusal("models: &a [*a]").starts_with("m.yaml:1: models[0] is "));
}

TEST_CASE("a manifest that cannot be read is refused for what it is") {
  const temporary_folder folder;
  CHECK(load_manifest(folder.at("none")).error() ==
        error{errc::not_found, "model manifest not found: " + folder.at("none")});
  CHECK(load_manifest(folder.at("")).error() ==
        error{errc::io, "the model manifest " + folder.at("") + " is a folder"});
  const std::string large = folder.file("large.yaml", std::string(most_manifest_bytes + 1, '#'));
  CHECK(load_manifest(large).error().code == errc::invalid_config);
}

TEST_CASE("the example has no entry, and all of its entries once they are uncommented") {
  const std::string path = TIMELOOM_SOURCE_DIR "/configs/models.yaml";
  CHECK(load_manifest(path) == manifest{});

  std::istringstream lines{read_all(path)};
  std::string uncommented;
  for (std::string line; std::getline(lines, line);)
    uncommented += line.starts_with("#  - ") || line.starts_with("#    ") ? line.substr(1) + "\n" : line + "\n";
  const temporary_folder folder;
  folder.file("coco.txt", "person\n");
  folder.file("ade20k.txt", "wall\n");
  const auto loaded = load_manifest(folder.file("models.yaml", uncommented));
  INFO((loaded ? "" : loaded.error().message));
  REQUIRE(loaded);
  REQUIRE(loaded->models.size() == 4);
  CHECK(loaded->models[3].kind == model_kind::internvl3);
  // What the example calls defaults.
  CHECK(loaded->models[0].normalisation == model_normalisation{});
  CHECK(loaded->models[0].thresholds == model_thresholds{});
  CHECK(loaded->models[0].dtype == model_dtype{});
}

TEST_CASE("a model file is there, plain and the one that the manifest means") {
  const temporary_folder folder;
  model_entry entry = small_entry("a");
  entry.path = folder.at("a.pt");
  CHECK(check_model_file(entry).error() == error{errc::not_found, "model file not found: " + entry.path});
  entry.get = "yolo export";
  CHECK(check_model_file(entry).error().message == "model file not found: " + entry.path + "; get it with yolo export");
  folder.file("a.pt", "abc");
  CHECK(check_model_file(entry));
  entry.sha256 = sha256_of_abc;
  CHECK(check_model_file(entry));
  folder.file("a.pt", "abd");
  const auto other = check_model_file(entry);
  REQUIRE_FALSE(other);
  CHECK(other.error().code == errc::invalid_config);
  CHECK(other.error().message.find(entry.path + " has the SHA-256 a52d159f262b2c6ddb724a61840befc3") !=
        std::string::npos);

  entry.path = folder.at("pipe");
  REQUIRE(::mkfifo(entry.path.c_str(), 0600) == 0);
  CHECK(check_model_file(entry).error() == error{errc::io, "the model file " + entry.path + " is not a regular file"});
}

TEST_CASE("files larger than a piece are hashed whole") {
  const temporary_folder folder;
  model_entry entry = small_entry("a");
  // A million times "a" (FIPS 180-2); three pieces of zeros, by sha256sum.
  entry.path = folder.file("a.pt", std::string(1000000, 'a'));
  entry.sha256 = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
  CHECK(check_model_file(entry));
  folder.file("a.pt", std::string(3 << 20, '\0'));
  entry.sha256 = "bbd05cf6097ac9b1f89ea29d2542c1b7b67ee46848393895f5a9e43fa1f621e5";
  const auto other = check_model_file(entry);
  INFO((other ? "" : other.error().message));
  CHECK(other);
}

TEST_CASE("an added model stands after the others, with its sum, and every comment stays") {
  const temporary_folder folder;
  folder.file("a.pt", "abc");
  // Indented by three, with no line feed at the end.
  const std::string before = "# mine\nmodels: # all\n   -  id: b # best\n      path: b.pt\n      kind: torchscript\n"
                             "      adapter: segformer\n      analyzer: background_segmentation\n"
                             "      input: {width: 33, height: 33}\n# the end";
  const std::string path = folder.file("models.yaml", before);
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  const auto added = add_model(path, small_entry("a"));
  INFO((added ? "" : added.error().message));
  REQUIRE(added);
  CHECK(read_all(path).starts_with(before + "\n   - id: \"a\"\n     path: \"a.pt\"\n"));
  const auto loaded = load_manifest(path);
  REQUIRE(loaded);
  REQUIRE(loaded->models.size() == 2);
  model_entry wanted = small_entry("a");
  wanted.path = folder.at("a.pt");
  wanted.sha256 = sha256_of_abc;
  CHECK(loaded->models[1] == wanted);
  CHECK(fs::status(path).permissions() == fs::perms{0640});
  CHECK(folder.files() == 2); // nothing temporary is left
}

TEST_CASE("models are added to new manifests, to empty ones and to the example") {
  const temporary_folder folder;
  folder.file("a.pt", "abc");
  folder.file("empty.yaml", "# nothing yet\n");
  folder.file("none.yaml", "models:\n");
  folder.file("flush.yaml", "models:\n" + to_yaml(small_entry("x")));
  folder.file("example.yaml", read_all(TIMELOOM_SOURCE_DIR "/configs/models.yaml"));
  for (const char* name : {"new.yaml", "empty.yaml", "none.yaml", "flush.yaml", "example.yaml"}) {
    INFO(name);
    const std::string before = read_all(folder.at(name));
    for (const char* id : {"a", "b"}) {
      const auto added = add_model(folder.at(name), small_entry(id));
      INFO((added ? "" : added.error().message));
      CHECK(added);
    }
    const auto loaded = load_manifest(folder.at(name));
    REQUIRE(loaded);
    CHECK(loaded->models.back().id == "b");
    CHECK(read_all(folder.at(name)).starts_with(before));
  }
}

TEST_CASE("a sum that is given is checked, in either case of its digits") {
  const temporary_folder folder;
  folder.file("a.pt", "abc");
  model_entry entry = small_entry("a");
  entry.sha256 = sha256_of_abc;
  std::ranges::transform(entry.sha256, entry.sha256.begin(), ::toupper);
  const auto added = add_model(folder.at("models.yaml"), entry);
  INFO((added ? "" : added.error().message));
  REQUIRE(added);
  CHECK(load_manifest(folder.at("models.yaml"))->models.front().sha256 == sha256_of_abc);
}

TEST_CASE("a link to a manifest stays a link") {
  const temporary_folder folder;
  folder.file("a.pt", "abc");
  folder.file("real.yaml", "models:\n");
  fs::create_symlink("real.yaml", folder.at("models.yaml"));
  REQUIRE(add_model(folder.at("models.yaml"), small_entry("a")));
  CHECK(fs::is_symlink(folder.at("models.yaml")));
  CHECK(load_manifest(folder.at("real.yaml"))->models.size() == 1);
}

TEST_CASE("what cannot be added leaves the manifest as it is") {
  const temporary_folder folder;
  folder.file("a.pt", "abc");
  const auto refused = [&](const std::string& before, const model_entry& entry) {
    const std::string path = folder.file("models.yaml", before);
    const auto added = add_model(path, entry);
    INFO(before);
    REQUIRE_FALSE(added);
    CHECK(read_all(path) == before);
    return added.error();
  };
  const std::string one = "models:\n" + to_yaml(small_entry("a"));
  CHECK(refused(one, small_entry("a")).message.find("models[1].id is \"a\" in quotes, as is") != std::string::npos);
  CHECK(refused("models: []\n", small_entry("a")).message.find("is a list in brackets") != std::string::npos);
  CHECK(refused("models:\n  - x\n", small_entry("a")).message.find(":2: models[0] is \"x\"") != std::string::npos);
  CHECK(refused("models: ~\n", small_entry("a")).code == errc::invalid_config);
  CHECK(refused("models:\n...\n", small_entry("a")).code == errc::invalid_config);

  model_entry entry = small_entry("b");
  entry.path = "missing.pt";
  CHECK(refused(one, entry).code == errc::not_found);
  entry = small_entry("b");
  entry.sha256 = std::string(64, '0');
  CHECK(refused(one, entry).message.find("the manifest says 0000") != std::string::npos);
  entry = small_entry("b");
  entry.input.width = 65;
  CHECK(refused(one, entry).message.find("expected a multiple of 32") != std::string::npos);
  CHECK(folder.files() == 2);
}
