#include "app/measured_decoders.hpp"

#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

namespace timeloom {

namespace {

const decoder_speeds some_speeds{{{"h264", size_class::p1080}, {0.0005, 0.0015, 4}},
                                 {{"hevc", size_class::p2160}, {0.02, 0.004, 0}}};

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
  const std::string rest = R"("software_s": 1, "nvdec_s": 1, "passed_over": 0}]}})";
  for (const std::string& text : {std::string{"{"}, std::string{"[]"}, std::string{R"({"hosts": {"a": [{}]}})"},
                                  R"({"hosts": {"a": [{"codec": "h264", "size": "9p", )" + rest,
                                  R"({"hosts": {"a": [{"codec": 1, "size": "480p", )" + rest,
                                  std::string{R"({"hosts": {"a": [{"codec": "h264", "size": "480p", "software_s": -1, )"
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
  std::vector<gpu_device> gpus{{.index = 0, .uuid = "GPU-0", .name = "NVIDIA L4"}};
  CHECK(known_decoders({}, gpus));
  CHECK_FALSE(known_decoders({}, {}));
  media_options settings;
  settings.decoder = decoder_choice::software;
  CHECK_FALSE(known_decoders(settings, gpus));
  gpus[0].unusable = "it is split";
  CHECK_FALSE(known_decoders({}, gpus));
}

} // namespace timeloom
