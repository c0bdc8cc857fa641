#include "analyzers/batch_looker.hpp"

#include <exception>
#include <iterator>

namespace timeloom {

namespace {

expected<std::vector<picture_finds>> look(batch_analyzer& analyzer, std::span<const sampled_frame> frames) {
  try {
    auto finds = analyzer.look(frames);
    if (finds && finds->size() != frames.size())
      return fail(errc::internal, "{} results came of {} pictures", finds->size(), frames.size());
    return finds;
  } catch (const std::exception& thrown) {
    return fail(errc::internal, "{}", thrown.what());
  }
}

} // namespace

std::vector<expected<picture_finds>> look_at_all(batch_analyzer& analyzer, std::span<const sampled_frame> frames,
                                                 const std::function<void(std::size_t)>& too_large) {
  std::vector<expected<picture_finds>> results;
  if (frames.empty())
    return results;
  auto finds = look(analyzer, frames);
  if (finds) {
    std::move(finds->begin(), finds->end(), std::back_inserter(results));
    return results;
  }
  if (finds.error().code == errc::exhausted)
    too_large(frames.size());
  const bool fewer_may_work = finds.error().code == errc::exhausted || finds.error().code == errc::internal;
  if (frames.size() < 2 || !fewer_may_work) {
    results.assign(frames.size(), tl::unexpected{finds.error()});
    return results;
  }
  for (const auto half : {frames.first(frames.size() / 2), frames.subspan(frames.size() / 2)}) {
    auto of_half = look_at_all(analyzer, half, too_large);
    std::move(of_half.begin(), of_half.end(), std::back_inserter(results));
  }
  return results;
}

} // namespace timeloom
