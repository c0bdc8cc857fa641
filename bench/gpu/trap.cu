// A CUDA client that faults: its only kernel executes a trap, after a wait that lets others be in the middle of their
// work. For bench/gpu/mps_fault.
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

__global__ void fault() {
  __trap();
}

int main(int argc, char** argv) {
  cudaFree(nullptr); // the context, before the wait
  std::printf("ready\n");
  std::fflush(stdout);
  usleep(static_cast<useconds_t>((argc > 1 ? std::atof(argv[1]) : 0) * 1e6));
  fault<<<1, 1>>>();
  const auto ended = cudaDeviceSynchronize();
  std::printf("%s\n", cudaGetErrorName(ended));
  return ended == cudaSuccess ? 1 : 0;
}
