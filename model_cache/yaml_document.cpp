#include "model_cache/yaml_document.hpp"

#include <algorithm>
#include <vector>

namespace timeloom {

expected<YAML::Node> load_yaml_document(const std::string& text, const std::string& path) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1)
      return fail(errc::invalid_config, "{}:{}: a second YAML document; expected one", path,
                  std::max(documents[1].Mark().line, 0) + 1);
    return documents.empty() ? YAML::Node{} : documents.front();
  } catch (const YAML::Exception& failure) {
    if (failure.mark.is_null())
      return fail(errc::invalid_config, "{}: {}", path, failure.msg);
    return fail(errc::invalid_config, "{}:{}: {}", path, failure.mark.line + 1, failure.msg);
  }
}

} // namespace timeloom
