#include "app/measured_decoders.hpp"

#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include "app/host_plan.hpp"

#include <algorithm>

namespace timeloom {

namespace {

const decoder_speeds some_speeds{{{"h264", size_class::p1080, true}, {0.0005, 0.0015, 4}},
                                 {{"hevc", size_class::p2160, false}, {0.02, 0.004, 0}}};

model_plan with_gpus(int gpus) {
  model_plan plan;
  for (int i = 0; i < gpus; ++i)
    plan.devices.push_back({.index = i, .uuid = "GPU-" + std::to_string(i), .name = "NVIDIA L4"});
  return plan;
}

/// The rule of each media worker, as a letter.
std::string rules(const media_options& settings, std::optional<std::size_t> videos, int gpus) {
  configuration all;
  all.media = settings;
  std::string letters;
  for (const auto& worker : plan_host(all, videos, with_gpus(gpus)).media)
    letters += to_string(worker.decoder)[0];
  return letters;
}

} // namespace

TEST_CASE("what was measured of decoders is read as it was written, for each host") {
  const tests::temporary_folder folder;
  const auto path = folder.at("cache/measured_decoders.json");
  CHECK(read_measured_decoders(path) == measured_decoders{});
  const measured_decoders known{{"NVIDIA L4, 16 cores", some_speeds}, {"NVIDIA H200, 32 cores", {}}};
  REQUIRE(write_measured_decoders(known, path));
  CHECK(read_measured_decoders(path) == known);
}

TEST_CASE("a file of decoders that does not fit is told with its path") {
  const tests::temporary_folder folder;
  const std::string rest = R"("alone": true, "software_s": 1, "nvdec_s": 1, "passed_over": 0}]}})";
  for (const std::string& text :
       {std::string{"{"}, std::string{"[]"}, std::string{R"({"hosts": {"a": [{}]}})"},
        R"({"hosts": {"a": [{"codec": "h264", "size": "9p", )" + rest,
        R"({"hosts": {"a": [{"codec": 1, "size": "480p", )" + rest,
        std::string{R"({"hosts": {"a": [{"codec": "h264", "size": "480p", "alone": true, "software_s": -1, )"
                    R"("nvdec_s": 1, "passed_over": 0}]}})"}}) {
    CAPTURE(text);
    const auto path = folder.file("broken.json", text);
    const auto read = read_measured_decoders(path);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == errc::invalid_config);
    CHECK(read.error().message.find(path) != std::string::npos);
  }
}

TEST_CASE("there is something to choose with a GPU that can be used, unless the settings have chosen") {
  auto gpus = with_gpus(1).devices;
  CHECK(known_decoders({}, gpus));
  CHECK_FALSE(known_decoders({}, {}));
  media_options settings;
  settings.decoder = decoder_choice::software;
  CHECK_FALSE(known_decoders(settings, gpus));
  gpus[0].unusable = "it is split";
  CHECK_FALSE(known_decoders({}, gpus));
}

TEST_CASE("a video alone may be decoded by either, and where many wait cores and GPUs both decode") {
  media_options settings;
  settings.workers = 64;
  CHECK(rules(settings, 1, 1) == "m");
  const auto all = rules(settings, {}, 1);
  CHECK(all.substr(0, 2) == "ms");
  CHECK(all.back() == 'm');
  CHECK(rules(settings, {}, 0) == std::string(64, 's'));
  settings.decoder = decoder_choice::nvdec;
  CHECK(rules(settings, 3, 1) == "nnn");
  settings.decoder = decoder_choice::software;
  CHECK(rules(settings, 3, 1) == "sss");
  settings = {};
  const auto usual = rules(settings, {}, 2);
  CHECK(std::count(usual.begin(), usual.end(), 'm') == 8);
  CHECK(std::count(usual.begin(), usual.end(), 's') >= 1);
}

TEST_CASE("workers that may use a GPU are spread over the GPUs") {
  configuration settings;
  settings.media.decoder = decoder_choice::nvdec;
  settings.media.workers = 4;
  std::vector<std::string> seen;
  for (const auto& worker : plan_host(settings, {}, with_gpus(2)).media)
    for (const auto& variable : worker.worker.environment)
      if (variable.starts_with("CUDA_VISIBLE_DEVICES="))
        seen.push_back(variable.substr(variable.find('=') + 1));
  CHECK(seen == std::vector<std::string>{"GPU-0", "GPU-1", "GPU-0", "GPU-1"});
}

} // namespace timeloom
