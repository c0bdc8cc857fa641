#include "serving/settling.hpp"

namespace timeloom {

namespace {

constexpr int patience_for_open_files = 12;

} // namespace

void settling::saw(const seen_file& file, clock::time_point began, clock::time_point ended) {
  const auto waits = unsettled_.find(file.path);
  if (const auto before = settled_.find(file.path); before != settled_.end()) {
    before->second.round = round_;
    if (before->second.version == file.version) {
      if (waits != unsettled_.end())
        drop(waits);
      return;
    }
    if (whole_.erase(file.path) != 0) // was never given out
      settled_.erase(before);
  }
  if (waits == unsettled_.end()) {
    const auto added = unsettled_.emplace(file.path, unsettled{file.version, ended, false, round_}).first;
    looks_.emplace(time_of(added->second), added->first);
    return;
  }
  waits->second.round = round_;
  if (waits->second.version != file.version) {
    looks_.erase({time_of(waits->second), waits->first});
    waits->second.version = file.version;
    waits->second.since = ended;
    looks_.emplace(time_of(waits->second), waits->first);
  } else if (time_of(waits->second) <= began) {
    drop(waits);
    settled_.insert_or_assign(file.path, settled{file.version, round_});
    whole_.insert_or_assign(file.path, file.version);
  }
}

void settling::gone(const std::string& path) {
  if (const auto waits = unsettled_.find(path); waits != unsettled_.end())
    drop(waits);
  settled_.erase(path);
  whole_.erase(path);
}

void settling::known(const seen_file& file) {
  gone(file.path);
  settled_.emplace(file.path, settled{file.version, round_});
}

bool settling::has_seen(const std::string& path) const {
  return settled_.contains(path) || unsettled_.contains(path);
}

void settling::being_written(const std::string& path, bool is_open) {
  const auto waits = unsettled_.find(path);
  if (waits == unsettled_.end() || waits->second.is_open == is_open)
    return;
  looks_.erase({time_of(waits->second), waits->first});
  waits->second.is_open = is_open;
  looks_.emplace(time_of(waits->second), waits->first);
}

std::vector<seen_file> settling::take_whole() {
  std::vector<seen_file> taken;
  taken.reserve(whole_.size());
  for (auto& [path, version] : std::exchange(whole_, {}))
    taken.push_back({path, version});
  return taken;
}

std::optional<settling::clock::time_point> settling::next_look() const {
  if (looks_.empty())
    return std::nullopt;
  return looks_.begin()->first;
}

std::vector<std::string> settling::due(clock::time_point now) const {
  std::vector<std::string> paths;
  for (auto look = looks_.begin(); look != looks_.end() && look->first <= now; ++look)
    paths.emplace_back(look->second);
  return paths;
}

std::vector<std::string> settling::unseen() const {
  std::vector<std::string> paths;
  for (const auto& [path, file] : settled_)
    if (file.round != round_)
      paths.push_back(path);
  for (const auto& [path, file] : unsettled_)
    if (file.round != round_ && !settled_.contains(path))
      paths.push_back(path);
  return paths;
}

settling::clock::time_point settling::time_of(const unsettled& file) const {
  return file.since + settle_ * (file.is_open ? patience_for_open_files : 1);
}

void settling::drop(unsettled_files::iterator file) {
  looks_.erase({time_of(file->second), file->first});
  unsettled_.erase(file);
}

} // namespace timeloom
