#include "tests/models/toy_networks.hpp"

#include <filesystem>
#include <torch/script.h>
#include <unistd.h>

namespace timeloom::tests {

namespace {

/// x and y of the middle, width and height of each cell: (4, 16).
at::Tensor grid_boxes(int side) {
  const double cell = side / 4.0;
  auto boxes = torch::zeros({4, 16});
  for (int i = 0; i < 16; ++i) {
    boxes[0][i] = (i % 4 + 0.5) * cell;
    boxes[1][i] = (i / 4 + 0.5) * cell;
    boxes[2][i] = cell;
    boxes[3][i] = cell;
  }
  return boxes;
}

void write_detector(const std::string& path, int side, std::int64_t ballast, const std::string& first_lines) {
  torch::jit::Module module{"detector"};
  module.register_parameter("boxes", grid_boxes(side), false);
  module.register_parameter("ballast", torch::arange(ballast / 4, torch::kFloat), false);
  module.define("def forward(self, x):\n" + first_lines + R"(
    n = x.size(0)
    scores = torch.adaptive_avg_pool2d(x.mean([1], True), [4, 4]).flatten(1)
    boxes = self.boxes.unsqueeze(0).expand([n, 4, 16])
    return torch.cat([boxes, scores.unsqueeze(1)], 1)
)");
  module.save(path);
}

struct toy_folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("timeloom-test-toys-" + std::to_string(::getpid()));
  toy_folder() { std::filesystem::create_directories(path); }
  ~toy_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

} // namespace

std::string toy_path(const std::string& name) {
  static const toy_folder folder;
  return folder.path / name;
}

void write_brightness_detector(const std::string& path, int side, std::int64_t ballast) {
  write_detector(path, side, ballast, "");
}

void write_shy_detector(const std::string& path, int side) {
  write_detector(path, side, 0, R"(
    assert bool((x.mean([1, 2, 3]) < 0.95).all()), "too bright"
)");
}

void write_hungry_detector(const std::string& path, int side, int most) {
  write_detector(path, side, 0,
                 "    assert x.size(0) <= " + std::to_string(most) +
                     ", \"CUDA out of memory. Tried to allocate 2.00 GiB\"\n");
}

void write_colour_classes(const std::string& path) {
  torch::jit::Module module{"classes"};
  module.define(R"(
def forward(self, x):
    return torch.avg_pool2d(x, [4, 4])
)");
  module.save(path);
}

} // namespace timeloom::tests
