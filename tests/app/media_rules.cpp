#include "app/media_rules.hpp"

#include "app/host_plan.hpp"
#include "tests/catch.hpp"

#include <algorithm>

namespace timeloom {

namespace {

/// The rule of each media worker, as a letter.
std::string letters(const std::vector<decoder_rule>& rules) {
  std::string all;
  for (const auto rule : rules)
    all += to_string(rule)[0];
  return all;
}

model_plan with_gpus(int gpus) {
  model_plan plan;
  for (int i = 0; i < gpus; ++i)
    plan.devices.push_back(
        {.index = i, .uuid = "GPU-" + std::to_string(i), .name = "NVIDIA L4", .total_bytes = std::int64_t{24} << 30});
  return plan;
}

} // namespace

TEST_CASE("a video alone may be decoded by either, and where many wait cores and GPUs both decode") {
  media_options settings;
  const auto two = with_gpus(2).devices;
  const auto with_two = letters(media_rules(settings, two, false));
  const auto in_software = with_two.size() - 12; // six of 4 GiB for each
  REQUIRE(in_software >= 1);
  CHECK(with_two == "m" + std::string(in_software - 1, 's') + std::string(12, 'n'));
  CHECK(media_rules(settings, {}, false).size() >= in_software);
  CHECK(letters(media_rules(settings, {}, false)).find_first_not_of('s') == std::string::npos);
  settings.workers = 64;
  CHECK(letters(media_rules(settings, two, false)) ==
        "m" + std::string(in_software - 1, 's') + std::string(64 - in_software, 'n'));
  CHECK(letters(media_rules(settings, {}, false)) == std::string(64, 's'));
  settings.workers = 1;
  CHECK(letters(media_rules(settings, two, false)) == "m");
}

TEST_CASE("GPUs that run models decode as well, because the cores feed them") {
  CHECK(letters(media_rules({}, with_gpus(1).devices, true)) == "mnnnnn");
  auto gpus = with_gpus(2).devices;
  gpus[0].total_bytes = std::int64_t{141} << 30;
  gpus[1].total_bytes = std::int64_t{3} << 30;
  CHECK(letters(media_rules({}, gpus, true)) == "mnnnnnnnn");
}

TEST_CASE("what decodes may be configured") {
  const auto one = with_gpus(1).devices;
  media_options settings;
  settings.workers = 3;
  settings.decoder = decoder_choice::nvdec;
  CHECK(letters(media_rules(settings, one, false)) == "nnn");
  CHECK(letters(media_rules(settings, {}, false)) == "sss");
  settings.decoder = decoder_choice::software;
  CHECK(letters(media_rules(settings, one, true)) == "sss");
}

TEST_CASE("the decoders of a GPU are those of the fullest one") {
  using enum decoder_rule;
  CHECK(decoders_on_each({}, 0) == 0);
  CHECK(decoders_on_each({software, software}, 2) == 0);
  CHECK(decoders_on_each({measured, software, nvdec, nvdec}, 1) == 3);
  CHECK(decoders_on_each({measured, software, nvdec, nvdec}, 2) == 2);
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

TEST_CASE("no more workers are planned than there are videos, and they share the cores") {
  configuration settings;
  const auto one = plan_host(settings, 1, with_gpus(1)).media;
  REQUIRE(one.size() == 1);
  CHECK(one[0].decoder == decoder_rule::measured);
  CHECK(one[0].threads >= plan_host(settings, {}, with_gpus(1)).media[0].threads);
}

} // namespace timeloom
