/// The commands that start no analysis.
#include "tests/catch.hpp"
#include "tests/system/support.hpp"

#include <cstdlib>
#include <optional>

using namespace timeloom::tests;

namespace {

/// Sets a variable for the programs that the test runs, and puts the old one back.
class environment_variable {
public:
  environment_variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name))
      before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  environment_variable(const environment_variable&) = delete;
  environment_variable& operator=(const environment_variable&) = delete;
  ~environment_variable() {
    if (before_)
      ::setenv(name_, before_->c_str(), 1);
    else
      ::unsetenv(name_);
  }

private:
  const char* name_;
  std::optional<std::string> before_;
};

} // namespace

TEST_CASE("GPUs are looked at when something may run on them, and only then") {
  const temporary_folder folder;
  fs::create_symlink(TIMELOOM_FAKE_NVML, folder.path("libnvidia-ml.so.1"));
  fs::create_directory(folder.path("run"));
  const environment_variable library{"LD_LIBRARY_PATH", folder.path()},
      host{"FAKE_NVML", "GPU-a,NVIDIA T4,1000,500,0,-"}, run{"XDG_RUNTIME_DIR", folder.path("run")};
  const auto plan_with = [&](const std::string& media) {
    const auto settings = folder.write("c.yaml", "models: {mps: on}\nmedia: {" + media + "}\n");
    return run_program(folder, {"plan", "a.mp4", "-c", settings, "-a", "cut_analysis"});
  };
  const auto in_software = plan_with("decoder: software");
  INFO(in_software.out << in_software.err);
  CHECK(in_software.status == 0);
  CHECK(folder.names_in("run").empty()); // where an MPS server would have its files
  CHECK_FALSE(has(in_software.err, "MPS"));
  const auto on_gpu = plan_with("decoder: nvdec");
  CHECK(on_gpu.status == 0);
  CHECK(has(on_gpu.err, "GPU 0 (NVIDIA T4) is used without MPS")); // this host has none
}

TEST_CASE("a model that was added is listed, checked and planned for; one that is lost is told") {
  const temporary_folder folder;
  const environment_variable config{"XDG_CONFIG_HOME", folder.path("config")};
  const auto model = folder.write("pose.pt", "abc");
  const auto none = run_program(folder, {"models", "check"});
  CHECK(none.status == 0);
  CHECK(has(none.out, "no model stands in " + folder.path("config/timeloom/models.yaml")));

  const auto added = run_program(
      folder, {"models", "add", model, "--id", "pose", "--adapter", "yolov8_pose", "--mean", "-0.5,0,0.25"});
  INFO(added.err);
  REQUIRE(added.status == 0);
  CHECK(has(added.out, "- id: \"pose\"\n  path: \"" + model + "\"\n  sha256: \"ba7816bf"));
  CHECK(has(added.out, "mean: [-0.5, 0, 0.25], std: [1, 1, 1]"));
  CHECK(has(run_program(folder, {"models", "list"}).out, "\npose  body_pose  there  640x640  auto\n"));
  const auto fine = run_program(folder, {"models", "check"});
  CHECK(fine.status == 0);
  CHECK(fine.out == "pose: ok\n");

  const auto settings = folder.write("c.yaml", "models: {device: cpu}\nmedia: {workers: 1, threads: 2}\n");
  const auto planned = run_program(folder, {"plan", "a.mp4", "-c", settings, "-a", "cut_analysis,body_pose"});
  INFO(planned.out << planned.err);
  CHECK(planned.status == 0);
  CHECK(has(planned.out, "1 media worker with 2 decoder threads: decoding, cut_analysis\n"));
  const auto worker = fs::path{TIMELOOM_PROGRAM}.parent_path() / "timeloom-model-worker";
  if (fs::exists(worker))
    CHECK(has(planned.out, "body_pose runs on the cpu: this host has no GPU that can be used\n"));
  else
    CHECK(has(planned.out, "body_pose: it needs " + worker.string() + ", which is not there"));

  fs::remove(model);
  const auto lost = run_program(folder, {"models", "check"});
  CHECK(lost.status == 3);
  CHECK(lost.out == "pose: model file not found: " + model + "\n");
}

TEST_CASE("wrong use of the commands ends with 2 and a sentence") {
  const temporary_folder folder;
  const environment_variable config{"XDG_CONFIG_HOME", folder.path("config")};
  const auto model = folder.write("pose.pt", "abc");
  const auto says = [&](const std::vector<std::string>& arguments, const std::string& sentence) {
    const auto end = run_program(folder, arguments);
    INFO(end.out << end.err);
    CHECK(end.status == 2);
    CHECK(has(end.err, sentence));
  };
  says({"models"}, "A subcommand is required");
  says({"models", "add", model, "--adapter", "yolov8_pose"}, "--id is required");
  says({"models", "add", model, "--id", "p", "--adapter", "yolov5"}, "there is no adapter \"yolov5\"");
  says({"models", "add", folder.path("no.pt"), "--id", "p", "--adapter", "yolov8_pose"}, "model file not found: ");
  says({"models", "check", "--manifest", folder.path("no.yaml")}, "model manifest not found: ");
  says({"plan", "-a", "faces"}, "there is no analyzer \"faces\"");
  CHECK(folder.names_in("config").empty());
}

TEST_CASE("the doctor tells of the models that the manifest names and that are not there") {
  const temporary_folder folder;
  const environment_variable config{"XDG_CONFIG_HOME", folder.path("config")};
  const auto model = folder.write("pose.pt", "abc");
  const auto before = run_program(folder, {"doctor"});
  CHECK(has(before.out, "none: there is no " + folder.path("config/timeloom/models.yaml")));
  CHECK(has(before.out, "\nEverything that this version uses is there.\n") == (before.status == 0));
  REQUIRE(run_program(folder, {"models", "add", model, "--id", "pose", "--adapter", "yolov8_pose"}).status == 0);
  const auto with = run_program(folder, {"doctor"});
  CHECK(with.status == before.status);
  CHECK(has(with.out, "1 in " + folder.path("config/timeloom/models.yaml")));
  fs::remove(model);
  const auto without = run_program(folder, {"doctor"});
  CHECK(without.status == 4);
  CHECK(has(without.out, "missing: "));
  CHECK(has(without.out, model));
}
