/// A folder for one test.
#pragma once

#include "tests/catch.hpp"

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace timeloom::tests {

/// A folder that goes when the test does, named by its real path. In "/dev/shm" nothing waits for a disk.
class temporary_folder {
public:
  explicit temporary_folder(const std::filesystem::path& in = std::filesystem::temp_directory_path()) {
    std::string name = (std::filesystem::canonical(in) / "timeloom-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() { std::filesystem::remove_all(path_); }

  /// Writes a file and gives its path.
  std::string file(const std::string& name, std::string_view text) const {
    std::ofstream{path_ / name} << text;
    return at(name);
  }
  std::string at(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }
  std::ptrdiff_t files() const { return std::distance(std::filesystem::directory_iterator{path_}, {}); }

private:
  std::filesystem::path path_;
};

} // namespace timeloom::tests
