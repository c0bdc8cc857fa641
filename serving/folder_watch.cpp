#include "serving/folder_watch.hpp"

#include "core/last_part.hpp"
#include "core/unique_fd.hpp"
#include "serving/folder_events.hpp"
#include "serving/folder_walk.hpp"
#include "serving/settling.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <poll.h>
#include <span>
#include <sys/eventfd.h>
#include <thread>

namespace timeloom {

namespace {

constexpr std::size_t largest_batch = 500;

/// A file of its own, not another name of one.
bool is_new_file(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
}

bool is_mount_point(const std::string& folder) {
  struct stat here {};
  struct stat above {};
  return ::stat(folder.c_str(), &here) == 0 && ::stat(joined(folder, "..").c_str(), &above) == 0 &&
         here.st_dev != above.st_dev;
}

} // namespace

class folder_watch::looker {
public:
  using clock = settling::clock;

  looker(watch_options options, listener to, unique_fd wake);
  ~looker();

  void rescan();

private:
  struct root {
    std::string path;
    bool was_mounted = false;
    bool is_away = false; ///< deleted or unmounted: its files are not given up
  };

  void run();
  void scan();
  void scan_root(root& folder);
  void take_events();
  void take(const folder_event& event);
  void look(const std::string& path);
  void look_at_due();
  void found(const seen_file& file);
  void tell_whole();
  void wait();

  bool enter(int folder_fd, const std::string& path);
  void note_problem(const std::string& where, const std::string& sentence);
  void end_problems();

  watch_options options_;
  listener to_;
  unique_fd wake_;
  std::atomic<bool> ends_ = false;
  std::atomic<bool> wants_scan_ = false;

  std::vector<root> roots_;
  folder_events events_;
  settling settling_;
  folder_walk walk_;
  clock::time_point looked_;                    ///< what is being looked at now was not looked at before
  clock::time_point next_scan_ = {};            ///< the first is due
  clock::time_point scan_not_before_{};         ///< so that scans one after the other leave time for the rest
  clock::time_point due_not_before_{};          ///< so that files which came together are told together
  std::map<std::string, std::string> problems_; ///< those that were told, by where
  std::map<std::string, std::string> found_problems_;

  std::thread thread_;
};

folder_watch::looker::looker(watch_options options, listener to, unique_fd wake)
    : options_(std::move(options)),
      to_(std::move(to)),
      wake_(std::move(wake)),
      settling_(options_.settle),
      walk_(options_.patterns, options_.leave_out,
            {.enters = [this](int fd, const std::string& path) { return enter(fd, path); },
             .finds = [this](const seen_file& file) { found(file); },
             .misses = [this](const std::string& where, const std::string& why) { note_problem(where, why); }}) {
  for (const auto& folder : options_.folders)
    roots_.push_back({folder, is_mount_point(folder)});
  thread_ = std::thread{[this] { run(); }};
}

folder_watch::looker::~looker() {
  ends_ = true;
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
}

void folder_watch::looker::rescan() {
  wants_scan_ = true;
  ::eventfd_write(wake_.get(), 1);
}

void folder_watch::looker::run() {
  while (!ends_) {
    if (wants_scan_.exchange(false))
      next_scan_ = std::min(next_scan_, scan_not_before_);
    if (clock::now() >= next_scan_)
      scan();
    take_events();
    look_at_due();
    tell_whole();
    wait();
  }
}

void folder_watch::looker::scan() {
  const auto began = clock::now();
  found_problems_.clear();
  settling_.start_round();
  for (auto& folder : roots_)
    scan_root(folder);
  for (const auto& path : settling_.unseen()) {
    if (ends_)
      break;
    if (std::ranges::none_of(roots_, [&](const root& r) { return r.is_away && lies_in(path, r.path); }))
      look(path);
  }
  if (ends_)
    return;
  events_.keep_recent();
  end_problems();
  const auto ended = clock::now();
  next_scan_ = ended + options_.rescan;
  scan_not_before_ = ended + 4 * (ended - began);
}

void folder_watch::looker::scan_root(root& folder) {
  const auto walked = walk_.all(folder.path);
  folder.is_away = !walked;
  if (!walked) {
    note_problem(folder.path, walked.error().message + "; it is looked for again at every rescan");
  } else if (is_mount_point(folder.path)) {
    folder.was_mounted = true;
  } else if (folder.was_mounted) {
    folder.is_away = true;
    note_problem(folder.path,
                 fmt::format("nothing is mounted at {} any more; it is looked for again at every rescan", folder.path));
  }
}

void folder_watch::looker::take_events() {
  for (const auto& event : events_.read())
    take(event);
}

void folder_watch::looker::take(const folder_event& event) {
  using kind = folder_event::kind;
  if (event.what == kind::lost) {
    next_scan_ = std::min(next_scan_, scan_not_before_);
  } else if (event.what == kind::folder_came) {
    const auto above = std::ranges::find_if(roots_, [&](const auto& r) { return lies_in(event.path, r.path); });
    if (above != roots_.end())
      walk_.beneath(above->path, event.path);
  } else if (walk_.wants(last_part(event.path))) {
    look(event.path);
    if (event.what != kind::file_changed)
      settling_.being_written(event.path, event.what == kind::file_made && is_new_file(event.path));
  }
}

void folder_watch::looker::look(const std::string& path) {
  looked_ = clock::now();
  if (const auto file = look_at(path))
    found(*file);
  else
    settling_.gone(path);
}

void folder_watch::looker::look_at_due() {
  const auto now = clock::now();
  if (now < due_not_before_)
    return;
  due_not_before_ = now + std::clamp<clock::duration>(options_.settle / 5, std::chrono::milliseconds{1},
                                                      std::chrono::milliseconds{500});
  for (const auto& path : settling_.due(now)) {
    if (ends_)
      return;
    look(path);
  }
}

void folder_watch::looker::found(const seen_file& file) {
  if (ends_)
    return;
  if (!settling_.has_seen(file.path) && to_.is_known && to_.is_known(file))
    settling_.known(file);
  else
    settling_.saw(file, looked_, clock::now());
  looked_ = clock::now();
}

void folder_watch::looker::tell_whole() {
  const auto whole = settling_.take_whole();
  for (std::span<const seen_file> rest{whole}; !rest.empty() && !ends_;) {
    const auto batch = rest.first(std::min(rest.size(), largest_batch));
    if (!to_.told({batch.begin(), batch.end()})) {
      for (const auto& file : rest)
        settling_.gone(file.path);
      return;
    }
    rest = rest.subspan(batch.size());
  }
}

void folder_watch::looker::wait() {
  auto until = next_scan_;
  if (const auto look = settling_.next_look())
    until = std::min(until, std::max(*look, due_not_before_));
  const auto patience = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
  std::array<pollfd, 2> ready{pollfd{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                              pollfd{.fd = events_.descriptor(), .events = POLLIN, .revents = 0}};
  ::poll(ready.data(), ready.size(), static_cast<int>(std::clamp<std::int64_t>(patience.count(), 0, 3'600'000)));
  eventfd_t ignored = 0;
  ::eventfd_read(wake_.get(), &ignored);
}

bool folder_watch::looker::enter(int folder_fd, const std::string& path) {
  const bool is_root = std::ranges::any_of(roots_, [&](const root& r) { return r.path == path; });
  if (!events_.watch(folder_fd, path, is_root)) {
    const auto why = errno == ENOSPC   ? "the limit fs.inotify.max_user_watches is reached"
                     : errno == EMFILE ? "the limit fs.inotify.max_user_instances is reached"
                                       : errno_text(errno);
    note_problem({}, fmt::format("not all folders can be watched for events: {}; what comes to the others is found by "
                                 "looking every {} s",
                                 why, std::chrono::duration<double>{options_.rescan}.count()));
  }
  looked_ = clock::now();
  return !ends_;
}

void folder_watch::looker::note_problem(const std::string& where, const std::string& sentence) {
  found_problems_.insert_or_assign(where, sentence);
  auto& told = problems_[where];
  if (told == sentence)
    return;
  told = sentence;
  if (to_.problem)
    to_.problem(sentence);
}

void folder_watch::looker::end_problems() {
  for (const auto& [where, sentence] : problems_)
    if (!found_problems_.contains(where) && to_.problem &&
        std::ranges::any_of(roots_, [&](const root& r) { return r.path == where; }))
      to_.problem(fmt::format("the folder {} can be read again", where));
  problems_ = std::exchange(found_problems_, {});
}

folder_watch::folder_watch(std::unique_ptr<looker> started) : looker_(std::move(started)) {}
folder_watch::folder_watch(folder_watch&&) noexcept = default;
folder_watch& folder_watch::operator=(folder_watch&&) noexcept = default;
folder_watch::~folder_watch() = default;

expected<folder_watch> folder_watch::start(watch_options options, listener to) {
  for (auto& folder : options.folders) {
    if (!folder.starts_with('/'))
      return fail(errc::invalid_argument, "the watched folder {} must be an absolute path", folder);
    auto normal = std::filesystem::path{folder}.lexically_normal();
    folder = (normal.has_filename() ? normal : normal.parent_path()).string();
    const unique_fd opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!opened || ::faccessat(opened.get(), ".", R_OK | X_OK, AT_EACCESS) != 0)
      return fail(errno == ENOENT || errno == ENOTDIR ? errc::not_found : errc::io,
                  "cannot read the watched folder {}: {}", folder, errno_text(errno));
  }
  unique_fd wake{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  if (!wake)
    return fail(errc::io, "cannot watch folders: {}", errno_text(errno));
  return folder_watch{std::make_unique<looker>(std::move(options), std::move(to), std::move(wake))};
}

void folder_watch::rescan() {
  looker_->rescan();
}

} // namespace timeloom
