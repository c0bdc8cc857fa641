#include "app/measurement_file.hpp"

#include "app/user_folder.hpp"
#include "model_cache/plain_file.hpp"

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

namespace timeloom {

namespace {

constexpr std::size_t most_file_bytes = std::size_t{1} << 20;

} // namespace

std::string measurement_file(const std::string& name) {
  const char* given = std::getenv("CACHE_DIRECTORY"); // several are separated by ':'
  const auto folder = given != nullptr && *given != 0 ? std::string{given}.substr(0, std::string_view{given}.find(':'))
                                                      : user_folder("XDG_CACHE_HOME", ".cache");
  return folder + '/' + name;
}

expected<void>
read_measurements(const std::string& path, const char* list,
                  const std::function<expected<void>(const std::string& name, const nlohmann::ordered_json&)>& take) {
  const auto text = read_plain_file(path, "file of measurements", most_file_bytes);
  if (!text && text.error().code == errc::not_found)
    return {};
  if (!text)
    return tl::unexpected{text.error()};
  try {
    const auto document = nlohmann::ordered_json::parse(*text);
    if (document.is_null())
      return {};
    for (const auto& [name, values] : document.at(list).items())
      if (auto taken = take(name, values); !taken)
        return taken;
    return {};
  } catch (const nlohmann::json::exception& problem) {
    return tl::unexpected{no_measurements(path, problem.what())};
  }
}

expected<void> write_measurements(const nlohmann::ordered_json& measurements, const std::string& path) {
  const auto folder = std::filesystem::path{path}.parent_path();
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem)
    return fail(errc::io, "cannot create {}: {}", folder.string(), problem.message());
  return replace_plain_file(path,
                            measurements.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n');
}

error no_measurements(const std::string& path, const std::string& problem) {
  return {errc::invalid_config, fmt::format("{} is no file of measurements: {}", path, problem)};
}

} // namespace timeloom
