#include <ATen/ATen.h> // before Catch2, whose CHECK that of libtorch 2 would replace

#include "models/script_model.hpp"

#include "models/libtorch.hpp"
#include "tests/catch.hpp"
#include "tests/models/toy_networks.hpp"

#include <filesystem>
#include <fstream>

namespace timeloom {

namespace {

const c10::Device cpu{c10::kCPU};

script_model loaded(std::int64_t ballast = 0) {
  const auto path = tests::toy_path("detector.pt");
  tests::write_brightness_detector(path, 64, ballast);
  auto model = script_model::load(path, cpu, at::kFloat);
  REQUIRE(model);
  return std::move(*model);
}

} // namespace

TEST_CASE("a TorchScript file is loaded and run") {
  const auto model = loaded(4096);
  CHECK(model.bytes() == 4096 + 4 * 16 * 4);
  const auto output = model.run(at::full({2, 3, 64, 64}, 0.5));
  REQUIRE(output);
  CHECK(output->sizes() == at::IntArrayRef{2, 5, 16});
  CHECK((*output)[1][4][7].item<double>() == Approx(0.5));
  CHECK((*output)[0][0][5].item<double>() == Approx(24)); // the second cell's middle
}

TEST_CASE("weights leave for the host and come back the same") {
  auto model = loaded(1 << 16);
  const auto before = model.check_value();
  REQUIRE(before);
  for (int cycle = 0; cycle < 3; ++cycle) {
    REQUIRE(model.copy_to_host());
    CHECK(model.has_host_copy());
    model.leave_device();
    CHECK_FALSE(model.is_on_device());
    REQUIRE(model.return_to_device());
    CHECK(model.is_on_device());
    model.drop_host_copy();
    CHECK_FALSE(model.has_host_copy());
    CHECK(model.check_value() == before);
  }
  CHECK(model.run(at::zeros({1, 3, 64, 64})));
}

TEST_CASE("other weights give another check value") {
  CHECK(loaded(1 << 12).check_value() != loaded((1 << 12) + 4).check_value());
}

TEST_CASE("what a model raises is an error of one line, and memory that runs out is told apart") {
  const auto path = tests::toy_path("hungry.pt");
  tests::write_hungry_detector(path, 64, 2);
  const auto model = script_model::load(path, cpu, at::kFloat);
  REQUIRE(model);
  CHECK(model->run(at::zeros({2, 3, 64, 64})));
  const auto failed = model->run(at::zeros({3, 3, 64, 64}));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == errc::exhausted);
  CHECK(failed.error().message == "AssertionError: CUDA out of memory. Tried to allocate 2.00 GiB");
  const auto wrong_shape = model->run(at::zeros({1}));
  REQUIRE_FALSE(wrong_shape);
  CHECK(wrong_shape.error().code == errc::internal);
  CHECK(wrong_shape.error().message.find('\n') == std::string::npos);
}

TEST_CASE("a file that is no model says so, with its path") {
  const auto path = tests::toy_path("no-model.pt");
  std::ofstream{path} << "this is a text";
  const auto text = script_model::load(path, cpu, at::kFloat);
  REQUIRE_FALSE(text);
  CHECK(text.error().code == errc::unsupported);
  CHECK(text.error().message.find(path + " is no TorchScript file") != std::string::npos);
  const auto missing = script_model::load("/nowhere/model.pt", cpu, at::kFloat);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.find("/nowhere/model.pt") != std::string::npos);
}

TEST_CASE("devices are named as users name them") {
  CHECK(device_named("cpu"));
  CHECK_FALSE(device_named("gpu"));
  if (!has_cuda()) {
    const auto gpu = device_named("cuda:0");
    REQUIRE_FALSE(gpu);
    CHECK(gpu.error().code == errc::unsupported);
  }
}

} // namespace timeloom
