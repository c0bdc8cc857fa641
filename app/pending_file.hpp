/// A file that appears whole or not at all: written under another name beside its own, then renamed.
///
/// Move only; one thread. What was not kept is removed by the destructor.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <string>

namespace timeloom {

class pending_file {
public:
  /// For a file at `path`, whose folder must exist.
  static expected<pending_file> create(std::string path);

  pending_file(pending_file&& other) noexcept;
  pending_file& operator=(pending_file&&) = delete;
  ~pending_file();

  const std::string& path() const { return path_; }
  /// For reading and writing; stays this object's.
  int fd() const { return fd_.get(); }

  /// Brings what was written to the disk and gives the file its name, which must be free unless `overwrite`. Once.
  expected<void> keep(bool overwrite);

private:
  pending_file() = default;

  std::string path_;
  std::string temporary_path_; // empty when there is no such file
  unique_fd fd_;
};

} // namespace timeloom
