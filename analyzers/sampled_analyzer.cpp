#include "analyzers/sampled_analyzer.hpp"

namespace timeloom {

sample_demand demand_of(std::string_view id, const analyzer_options& options) {
  if (id == "text_overlay")
    return {options.text_overlay.rate_hz, {1280, sample_format::gray8}};
  return {};
}

} // namespace timeloom
