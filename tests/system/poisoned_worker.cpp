/// An analysis worker that dies over white pictures, in the place of the one that reads text.
#include "actors/analysis_worker.hpp"

#include <chrono>
#include <cstdlib>
#include <thread>

using namespace timeloom;

namespace {

class mortal : public sampled_analyzer {
public:
  expected<void> see(const sampled_frame& frame) override {
    std::this_thread::sleep_for(std::chrono::milliseconds{20}); // so that others come meanwhile
    if (frame.pixels[frame.pixels.size() / 2] > 200)
      std::abort();
    return {};
  }
  std::vector<event> take_events() override { return {}; }
  void finish() override {}
  std::string backend() const override { return "mortal"; }
};

expected<std::unique_ptr<sampled_analyzer>> make_mortal(const analyzer_options& /*options*/) {
  return std::make_unique<mortal>();
}

constexpr sampled_analyzer_factory analyzers[] = {{"text_overlay", make_mortal}};

} // namespace

int main() {
  run_analysis_worker(analyzers);
}
