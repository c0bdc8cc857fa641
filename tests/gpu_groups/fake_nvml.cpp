/// A stand-in for libnvidia-ml.so.1 with its calling convention, loaded by the tests with dlopen. Its host is described
/// by the environment, read anew by each call:
///   FAKE_NVML            devices separated by ';', each "UUID,NAME,TOTAL_MIB,FREE_MIB,COMPUTE_MODE,MIG": MIG is 0, 1,
///                        or '-' for a device that knows no such thing; NAME "lost" is a device that fell off the bus
///   FAKE_NVML_INIT       what nvmlInit_v2 returns
///   FAKE_NVML_BUSY       percent of the time in which kernels run on each device; else 10 times its number, from 1
///   FAKE_NVML_DECODER    what nvmlDeviceGetDecoderUtilization returns
///   FAKE_NVML_PROCESSES  how many processes run on each device; "error" for a driver that cannot name them
/// It writes FAKE_NVML_OPEN: how often it is initialised at the moment.
#include <array>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::string variable(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::istringstream stream{text};
  for (std::string part; std::getline(stream, part, by);)
    parts.push_back(part);
  return parts;
}

std::vector<std::string> devices() {
  return split(variable("FAKE_NVML", ""), ';');
}

/// A handle is the device's number, from 1.
/// A device's handle is the address of its place here.
std::array<char, 64> handles;

std::size_t index_of(const void* device) {
  return static_cast<std::size_t>(static_cast<const char*>(device) - handles.data());
}

std::string field(const void* device, std::size_t number) {
  return split(devices().at(index_of(device)), ',').at(number);
}

int copy(const std::string& text, char* to, unsigned size) {
  if (text.size() >= size)
    return 7; // NVML_ERROR_INSUFFICIENT_SIZE
  std::memcpy(to, text.c_str(), text.size() + 1);
  return 0;
}

void count_open(int change) {
  ::setenv("FAKE_NVML_OPEN", std::to_string(std::stoi(variable("FAKE_NVML_OPEN", "0")) + change).c_str(), 1);
}

struct memory {
  unsigned long long total, free, used;
};
struct utilization {
  unsigned gpu, memory;
};
struct process {
  unsigned pid;
  unsigned long long used_bytes;
  unsigned gpu_instance, compute_instance;
};

} // namespace

extern "C" {

int nvmlInit_v2() {
  const int result = std::stoi(variable("FAKE_NVML_INIT", "0"));
  if (result == 0)
    count_open(1);
  return result;
}

int nvmlShutdown() {
  count_open(-1);
  return 0;
}

const char* nvmlErrorString(int result) {
  return result == 3 ? "Not Supported" : result == 9 ? "Driver Not Loaded" : result == 15 ? "GPU is lost" : "Unknown";
}

int nvmlSystemGetDriverVersion(char* text, unsigned size) {
  return copy("570.86.15", text, size);
}

int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = static_cast<unsigned>(devices().size());
  return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = &handles.at(index);
  return field(*device, 1) == "lost" ? 15 : 0;
}

int nvmlDeviceGetUUID(void* device, char* text, unsigned size) {
  return copy(field(device, 0), text, size);
}

int nvmlDeviceGetName(void* device, char* text, unsigned size) {
  return copy(field(device, 1), text, size);
}

int nvmlDeviceGetMemoryInfo(void* device, memory* found) {
  found->total = std::stoull(field(device, 2)) << 20;
  found->free = std::stoull(field(device, 3)) << 20;
  found->used = found->total - found->free;
  return 0;
}

int nvmlDeviceGetUtilizationRates(void* device, utilization* found) {
  const auto number = std::to_string(10 * (index_of(device) + 1));
  *found = {static_cast<unsigned>(std::stoul(variable("FAKE_NVML_BUSY", number.c_str()))), 5};
  return 0;
}

int nvmlDeviceGetDecoderUtilization(void*, unsigned* percent, unsigned* period_us) {
  *percent = 33;
  *period_us = 167000;
  return std::stoi(variable("FAKE_NVML_DECODER", "0"));
}

int nvmlDeviceGetComputeMode(void* device, int* mode) {
  *mode = std::stoi(field(device, 4));
  return 0;
}

int nvmlDeviceGetMigMode(void* device, unsigned* current, unsigned* pending) {
  if (field(device, 5) == "-")
    return 3; // NVML_ERROR_NOT_SUPPORTED
  *current = *pending = static_cast<unsigned>(std::stoul(field(device, 5)));
  return 0;
}

/// Process i (from 0) is number 1000 + i and uses i MiB; the last one's memory is not known.
int nvmlDeviceGetComputeRunningProcesses_v3(void*, unsigned* count, process* found) {
  const auto text = variable("FAKE_NVML_PROCESSES", "0");
  if (text == "error")
    return 3;
  const auto running = static_cast<unsigned>(std::stoul(text));
  const bool fits = running <= *count;
  *count = running;
  for (unsigned i = 0; fits && i < running; ++i)
    found[i] = {1000 + i, i + 1 == running ? ~0ULL : static_cast<unsigned long long>(i) << 20, ~0U, ~0U};
  return fits ? 0 : 7;
}

} // extern "C"
