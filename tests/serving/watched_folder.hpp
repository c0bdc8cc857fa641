/// A folder for one test with a watch on it, and what the watch told.
#pragma once

#include "serving/folder_watch.hpp"
#include "tests/temporary_folder.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace timeloom::tests {

/// What a watch told, for waiting on it.
class hearing {
public:
  folder_watch::listener listener() {
    return {.told = [this](const std::vector<seen_file>& files) -> expected<void> {
              std::unique_lock lock{mutex_};
              is_in_told_ = true;
              changed_.notify_all();
              changed_.wait(lock, [this] { return !blocks_; });
              is_in_told_ = false;
              if (refuses_ > 0) {
                --refuses_;
                changed_.notify_all();
                return fail(errc::exhausted, "not now");
              }
              largest_batch_ = std::max(largest_batch_, files.size());
              told_.insert(told_.end(), files.begin(), files.end());
              changed_.notify_all();
              return {};
            },
            .problem =
                [this](const std::string& sentence) {
                  const std::lock_guard lock{mutex_};
                  problems_.push_back(sentence);
                  changed_.notify_all();
                },
            .is_known =
                [this](const seen_file& file) {
                  const std::lock_guard lock{mutex_};
                  ++asked_[file.path];
                  return known_.contains(file.path);
                }};
  }

  void refuse(int times) {
    with([&] { refuses_ = times; });
  }
  /// The watch's thread stays in `told` until that is over.
  void block(bool blocks) {
    with([&] { blocks_ = blocks; });
    changed_.notify_all();
  }
  bool wait_blocked() {
    return wait([&] { return is_in_told_; });
  }
  void know(const std::string& path) {
    with([&] { known_.insert(path); });
  }

  int times_told(const std::string& path) { return static_cast<int>(versions(path).size()); }
  std::vector<file_version> versions(const std::string& path) {
    std::vector<file_version> all;
    with([&] {
      for (const auto& file : told_)
        if (file.path == path)
          all.push_back(file.version);
    });
    return all;
  }
  int times_asked(const std::string& path) {
    int times = 0;
    with([&] { times = asked_[path]; });
    return times;
  }
  std::size_t all_told() {
    std::size_t files = 0;
    with([&] { files = told_.size(); });
    return files;
  }
  std::size_t largest_batch() {
    std::size_t files = 0;
    with([&] { files = largest_batch_; });
    return files;
  }
  std::vector<std::string> problems() {
    std::vector<std::string> all;
    with([&] { all = problems_; });
    return all;
  }

  bool wait_told(const std::string& path, int times = 1) {
    return wait([&] { return std::ranges::count(told_, path, &seen_file::path) >= times; });
  }
  bool wait_all_told(std::size_t files) {
    return wait([&] { return told_.size() >= files; });
  }
  bool wait_problem(const std::string& part) {
    return wait([&] {
      return std::ranges::any_of(problems_,
                                 [&](const auto& sentence) { return sentence.find(part) != std::string::npos; });
    });
  }
  bool wait_refused() {
    return wait([&] { return refuses_ == 0; });
  }

private:
  bool wait(const std::function<bool()>& condition) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::seconds{30}, condition);
  }
  void with(const std::function<void()>& action) {
    const std::lock_guard lock{mutex_};
    action();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<seen_file> told_;
  std::vector<std::string> problems_;
  std::set<std::string> known_;
  std::map<std::string, int> asked_;
  std::size_t largest_batch_ = 0;
  int refuses_ = 0;
  bool blocks_ = false, is_in_told_ = false;
};

/// A watch of one folder that looks at everything only when it is asked to.
struct watched_folder {
  explicit watched_folder(std::chrono::milliseconds settles = std::chrono::milliseconds{40}) : settle(settles) {}

  folder_watch& start() {
    auto started = folder_watch::start({.folders = {root.path()},
                                        .patterns = {"*.mp4"},
                                        .leave_out = {root.at("done")},
                                        .settle = settle,
                                        .rescan = std::chrono::hours{1}},
                                       heard.listener());
    REQUIRE(started);
    return watch.emplace(std::move(*started));
  }

  /// A file that comes at once, as what is written here can be caught half-written.
  std::string drop(const std::string& name, std::string_view text = "x") {
    std::filesystem::rename(elsewhere.file("dropped", text), root.path() / name);
    return root.at(name);
  }

  /// Returns when everything that was whole before has been told, and a rescan has been made.
  void until_quiet() {
    for (const bool looks_at_all : {true, false}) {
      if (looks_at_all)
        watch->rescan();
      REQUIRE(heard.wait_told(drop(fmt::format("quiet {}.mp4", ++quiet))));
    }
  }

  temporary_folder root, elsewhere;
  hearing heard;
  std::chrono::milliseconds settle;
  int quiet = 0;
  std::optional<folder_watch> watch;
};

/// Does something that must take no longer than `limit` between one step and the next, under a new name until it does.
/// `action` gets the name and what to call with each step.
inline std::string in_time(std::chrono::milliseconds limit,
                           const std::function<void(const std::string&, const std::function<void()>&)>& action) {
  for (int attempt = 1; attempt <= 100; ++attempt) {
    const auto name = fmt::format("attempt {}", attempt);
    auto last = std::chrono::steady_clock::now(), before_last = last;
    bool was_in_time = true;
    action(name, [&] {
      const auto now = std::chrono::steady_clock::now();
      was_in_time = was_in_time && now - before_last < limit;
      before_last = std::exchange(last, now);
    });
    if (was_in_time)
      return name;
  }
  FAIL("this machine is too busy");
  return {};
}

} // namespace timeloom::tests
