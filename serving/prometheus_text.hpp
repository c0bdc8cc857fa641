/// Metrics in Prometheus' text format, version 0.0.4. One owner, one thread.
#pragma once

#include "core/metrics.hpp"

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace timeloom {

using metric_labels = std::vector<std::pair<std::string, std::string>>;

/// Families in the order of their names, each with the samples that were added to it. A name that ends with `_total`
/// is a counter's, any other a gauge's, if it is no histogram.
class prometheus_text {
public:
  /// What a family is, in words. Without them it is described by the words of its name.
  void describe(const std::string& name, std::string help);

  void add(const std::string& name, metric_labels labels, double value);
  /// What a worker tells: its metrics with `labels`, and their own label as `of`.
  void add(const metric_set& told, const metric_labels& labels);

  std::string text() const;

private:
  struct sample {
    std::string suffix;
    metric_labels labels;
    double value = 0;
  };
  struct family {
    bool is_histogram = false;
    std::vector<sample> samples;
  };
  std::map<std::string, family> families_;
  std::map<std::string, std::string> help_;
};

} // namespace timeloom
