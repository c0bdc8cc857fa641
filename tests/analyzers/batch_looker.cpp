#include "analyzers/batch_looker.hpp"

#include "tests/catch.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

using namespace timeloom;

namespace {

using answer = expected<std::vector<picture_finds>>;
using behavior = std::function<answer(std::span<const sampled_frame>)>;

/// What is to be found in a picture: its index.
std::vector<picture_finds> right(std::span<const sampled_frame> frames) {
  std::vector<picture_finds> finds(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i)
    finds[i].class_shares = {static_cast<double>(frames[i].at.index)};
  return finds;
}

bool holds(std::span<const sampled_frame> frames, std::int64_t index) {
  return std::ranges::any_of(frames, [&](const auto& frame) { return frame.at.index == index; });
}

/// Looks at the pictures 0 to `count` - 1 with an analyzer that behaves as told.
struct looked {
  looked(std::int64_t count, behavior how) : analyzer{std::move(how)} {
    std::vector<sampled_frame> frames(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i)
      frames[static_cast<std::size_t>(i)].at.index = i;
    results = look_at_all(analyzer, frames, [this](std::size_t size) { too_large.push_back(size); });
    REQUIRE(results.size() == frames.size());
  }

  /// Whether each picture has its own finds, but for those in `bad`, which have none.
  bool fine_without(const std::set<std::int64_t>& bad) const {
    for (std::size_t i = 0; i < results.size(); ++i) {
      const bool expect_finds = !bad.contains(static_cast<std::int64_t>(i));
      if (results[i].has_value() != expect_finds)
        return false;
      if (expect_finds && results[i]->class_shares != std::vector{static_cast<double>(i)})
        return false;
    }
    return true;
  }
  int calls() const { return static_cast<int>(analyzer.sizes.size()); }

  struct made_analyzer final : batch_analyzer {
    explicit made_analyzer(behavior how) : how_(std::move(how)) {}
    expected<void> prepare() override { return {}; }
    answer look(std::span<const sampled_frame> frames) override {
      sizes.push_back(frames.size());
      return how_(frames);
    }
    std::unique_ptr<video_finds> begin_video(const analyzer_options&) const override { return nullptr; }
    std::string backend() const override { return "made"; }
    std::string device() const override { return "cpu"; }

    std::vector<std::size_t> sizes; // of the batches asked for

  private:
    behavior how_;
  };

  made_analyzer analyzer;
  std::vector<std::size_t> too_large;
  std::vector<expected<picture_finds>> results;
};

using sizes = std::vector<std::size_t>;

} // namespace

TEST_CASE("a batch that works is looked at once") {
  const looked batch{5, right};
  CHECK(batch.fine_without({}));
  CHECK(batch.calls() == 1);
  CHECK(batch.too_large.empty());
}

TEST_CASE("no analyzer is asked to look at nothing") {
  const looked batch{0, [](auto) -> answer { return fail(errc::exhausted, "an empty tensor has no shape"); }};
  CHECK(batch.calls() == 0);
  CHECK(batch.too_large.empty());
}

TEST_CASE("one bad picture is found in logarithmic time and costs the others nothing") {
  for (std::int64_t bad = 0; bad < 64; ++bad) {
    const looked batch{64, [bad](auto frames) -> answer {
                         if (holds(frames, bad))
                           return fail(errc::internal, "picture {} is bad", bad);
                         return right(frames);
                       }};
    INFO("the bad one is " << bad);
    CHECK(batch.fine_without({bad}));
    CHECK(batch.results[static_cast<std::size_t>(bad)].error() ==
          error{errc::internal, "picture " + std::to_string(bad) + " is bad"});
    CHECK(batch.calls() == 1 + 2 * 6);
    CHECK(batch.too_large.empty());
  }
}

TEST_CASE("several bad pictures stand alone in a batch of any size") {
  const std::set<std::int64_t> bad{0, 3, 4, 12};
  const looked batch{13, [&](auto frames) -> answer {
                       for (const auto index : bad)
                         if (holds(frames, index))
                           return fail(errc::internal, "picture {} is bad", index);
                       return right(frames);
                     }};
  CHECK(batch.fine_without(bad));
  for (const auto index : bad)
    CHECK(batch.results[static_cast<std::size_t>(index)].error().message ==
          "picture " + std::to_string(index) + " is bad");
}

TEST_CASE("a batch that does not fit is halved, and each size that failed is told") {
  const looked batch{16, [](auto frames) -> answer {
                       if (frames.size() > 4)
                         return fail(errc::exhausted, "no memory for {} pictures", frames.size());
                       return right(frames);
                     }};
  CHECK(batch.fine_without({}));
  CHECK(batch.too_large == sizes{16, 8, 8});
  CHECK(batch.analyzer.sizes == sizes{16, 8, 4, 4, 8, 4, 4});
}

TEST_CASE("pictures that do not fit even alone each have the error") {
  const looked batch{
      3, [](auto frames) -> answer { return fail(errc::exhausted, "no memory for {} pictures", frames.size()); }};
  CHECK(batch.fine_without({0, 1, 2}));
  for (const auto& result : batch.results)
    CHECK(result.error() == error{errc::exhausted, "no memory for 1 pictures"});
  CHECK(batch.too_large == sizes{3, 1, 2, 1, 1});
}

TEST_CASE("a bad picture in a batch that does not fit is still found") {
  const looked batch{16, [](auto frames) -> answer {
                       if (frames.size() > 8)
                         return fail(errc::exhausted, "no memory");
                       if (holds(frames, 11))
                         return fail(errc::internal, "picture 11 is bad");
                       return right(frames);
                     }};
  CHECK(batch.fine_without({11}));
  CHECK(batch.results[11].error().code == errc::internal);
  CHECK(batch.too_large == sizes{16});
}

TEST_CASE("what no smaller batch can mend is asked for once") {
  const looked batch{16, [](auto) -> answer { return fail(errc::not_found, "there is no model"); }};
  CHECK(batch.calls() == 1);
  for (const auto& result : batch.results)
    CHECK(result.error() == error{errc::not_found, "there is no model"});
  CHECK(batch.too_large.empty());
}

TEST_CASE("what a library throws is the error of the picture that it threw at") {
  const looked batch{8, [](auto frames) -> answer {
                       if (holds(frames, 2))
                         throw std::runtime_error{"the shapes differ"};
                       return right(frames);
                     }};
  CHECK(batch.fine_without({2}));
  CHECK(batch.results[2].error() == error{errc::internal, "the shapes differ"});
}

TEST_CASE("results of a wrong number are not given to pictures that they may not belong to") {
  for (const int difference : {-1, 1}) {
    const looked batch{8, [difference](auto frames) -> answer {
                         auto finds = right(frames);
                         if (holds(frames, 5))
                           finds.resize(static_cast<std::size_t>(static_cast<int>(finds.size()) + difference));
                         return finds;
                       }};
    CHECK(batch.fine_without({5}));
    CHECK(batch.results[5].error().code == errc::internal);
    CHECK(batch.results[5].error().message == std::to_string(1 + difference) + " results came of 1 pictures");
  }
}

TEST_CASE("a device that does nothing more is asked once, and every picture hears of it") {
  const looked all{8, [](std::span<const sampled_frame>) -> answer { return fail(errc::worker_lost, "it is gone"); }};
  CHECK(all.calls() == 1);
  for (const auto& one : all.results)
    CHECK(one.error() == error{errc::worker_lost, "it is gone"});
}
