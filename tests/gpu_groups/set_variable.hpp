/// A variable of the environment for the length of a test.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace timeloom {

class set_variable {
public:
  /// Without a value the variable is taken away.
  set_variable(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* before = std::getenv(name))
      before_ = before;
    put(value);
  }
  set_variable(const set_variable&) = delete;
  set_variable& operator=(const set_variable&) = delete;
  ~set_variable() { put(before_); }

private:
  void put(const std::optional<std::string>& value) const {
    if (value)
      ::setenv(name_, value->c_str(), 1);
    else
      ::unsetenv(name_);
  }

  const char* name_;
  std::optional<std::string> before_;
};

} // namespace timeloom
