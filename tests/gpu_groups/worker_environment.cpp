#include "gpu_groups/worker_environment.hpp"

#include "tests/catch.hpp"

#include <algorithm>

namespace timeloom {

namespace {

using variables = std::vector<std::string>;

} // namespace

TEST_CASE("a worker sees its own GPU, by UUID, and lets the allocator grow its segments") {
  CHECK(worker_environment("GPU-8932f937") ==
        variables{"CUDA_VISIBLE_DEVICES=GPU-8932f937", "CUDA_DEVICE_ORDER=PCI_BUS_ID", "CUDA_MODULE_LOADING=LAZY",
                  "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True", "PYTORCH_ALLOC_CONF=expandable_segments:True"});
}

TEST_CASE("a worker on the cpu sees no GPU") {
  CHECK(worker_environment("").front() == "CUDA_VISIBLE_DEVICES=");
}

TEST_CASE("a client of MPS gets the pipe, and only the limits that are set") {
  const auto added = [](const mps_client& client) {
    const auto all = worker_environment("GPU-a", client);
    return variables{all.begin() + static_cast<std::ptrdiff_t>(worker_environment("GPU-a").size()), all.end()};
  };
  CHECK(added({.pipe_directory = "/run/a"}) == variables{"CUDA_MPS_PIPE_DIRECTORY=/run/a"});
  CHECK(added({"/run/a", 40, (2049LL << 20) - 1}) == variables{"CUDA_MPS_PIPE_DIRECTORY=/run/a",
                                                               "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE=40",
                                                               "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT=0=2048M"});
}

} // namespace timeloom
