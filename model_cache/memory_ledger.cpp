#include "model_cache/memory_ledger.hpp"

#include "core/bytes_text.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace timeloom {

namespace {

constexpr std::array<std::string_view, memory_kinds> kind_names{"weights", "workspace", "kv", "context"};

} // namespace

std::string_view to_string(memory_kind kind) {
  return kind_names.at(static_cast<std::size_t>(kind));
}

memory_ledger::memory_ledger(std::int64_t budget_bytes) : budget_(budget_bytes) {
  assert(budget_bytes >= 0);
}

expected<void> memory_ledger::admit(std::int64_t bytes) const {
  if (bytes < 0)
    return fail(errc::invalid_argument, "{} bytes of device memory were asked for", bytes);
  if (bytes <= free_bytes())
    return {};
  std::string parts;
  for (std::size_t kind = 0; kind < memory_kinds; ++kind)
    if (charged_[kind] > 0)
      parts += fmt::format(", {} {}", kind_names[kind], bytes_text(charged_[kind]));
  if (unaccounted_ > 0)
    parts += fmt::format(", unaccounted {}", bytes_text(unaccounted_));
  return fail(errc::exhausted, "{} do not fit the {} that are free of {}{}", bytes_text(bytes),
              bytes_text(std::max<std::int64_t>(free_bytes(), 0)), bytes_text(budget_), parts);
}

expected<void> memory_ledger::charge(memory_kind kind, std::int64_t bytes) {
  auto fits = admit(bytes);
  if (fits)
    charged_[static_cast<std::size_t>(kind)] += bytes;
  return fits;
}

void memory_ledger::release(memory_kind kind, std::int64_t bytes) {
  assert(bytes >= 0 && bytes <= charged_bytes(kind));
  charged_[static_cast<std::size_t>(kind)] -= bytes;
}

void memory_ledger::reconcile(std::int64_t measured_bytes) {
  unaccounted_ = std::max<std::int64_t>(measured_bytes - charged_bytes(), 0);
}

std::int64_t memory_ledger::charged_bytes() const {
  return std::accumulate(charged_.begin(), charged_.end(), std::int64_t{0});
}

} // namespace timeloom
