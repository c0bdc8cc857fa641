#include "serving/prometheus_text.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace timeloom {

namespace {

std::string escaped(std::string_view text, bool quotes) {
  std::string result;
  for (const char c : text) {
    if (c == '\n')
      result += "\\n";
    else if (c == '\\' || (quotes && c == '"'))
      result += {'\\', c};
    else
      result += c;
  }
  return result;
}

std::string number(double value) {
  if (std::isnan(value))
    return "NaN";
  if (std::isinf(value))
    return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string words_of(std::string_view name) {
  constexpr std::string_view prefix = "timeloom_";
  if (name.starts_with(prefix))
    name.remove_prefix(prefix.size());
  std::string words{name};
  std::ranges::replace(words, '_', ' ');
  return words;
}

std::string braces(const metric_labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels)
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", name, escaped(value, true));
  return text.empty() ? text : "{" + text + "}";
}

metric_labels with(metric_labels labels, std::string name, std::string value) {
  if (!value.empty())
    labels.emplace_back(std::move(name), std::move(value));
  return labels;
}

} // namespace

void prometheus_text::describe(const std::string& name, std::string help) {
  help_[name] = std::move(help);
}

void prometheus_text::add(const std::string& name, metric_labels labels, double value) {
  families_[name].samples.push_back({"", std::move(labels), value});
}

void prometheus_text::add(const metric_set& told, const metric_labels& labels) {
  for (const auto& metric : told.values)
    add(metric.name, with(labels, "of", metric.label), metric.value);
  for (const auto& summary : told.summaries) {
    auto& into = families_[summary.name];
    into.is_histogram = true;
    const auto own = with(labels, "of", summary.label);
    const auto add_bucket = [&](double bound, std::uint64_t count) {
      into.samples.push_back({"_bucket", with(own, "le", number(bound)), static_cast<double>(count)});
    };
    const auto bounds = bucket_bounds(summary.name);
    for (std::size_t i = 0; i < std::min(bounds.size(), summary.below.size()); ++i)
      add_bucket(bounds[i], summary.below[i]);
    add_bucket(std::numeric_limits<double>::infinity(), summary.count);
    into.samples.push_back({"_sum", own, summary.sum});
    into.samples.push_back({"_count", own, static_cast<double>(summary.count)});
  }
}

std::string prometheus_text::text() const {
  std::string text;
  for (const auto& [name, made] : families_) {
    const auto help = help_.find(name);
    text += fmt::format("# HELP {} {}\n", name, escaped(help == help_.end() ? words_of(name) : help->second, false));
    text += fmt::format("# TYPE {} {}\n", name,
                        made.is_histogram ? "histogram" : (name.ends_with("_total") ? "counter" : "gauge"));
    for (const auto& one : made.samples)
      text += fmt::format("{}{}{} {}\n", name, one.suffix, braces(one.labels), number(one.value));
  }
  return text;
}

} // namespace timeloom
