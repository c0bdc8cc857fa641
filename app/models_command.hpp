/// `timeloom models`: the manifest of models, seen, checked and added to.
#pragma once

#include "app/exit_code.hpp"
#include "model_cache/manifest.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace timeloom {

/// Adds the command to `app`; when it is called, it runs while the line is parsed and sets `code`.
void add_models_command(CLI::App& app, exit_code& code);

/// A row for each model, after a header: id, analyzer, whether its file is there, input size, dtype.
std::string model_table(const manifest& models);

struct models_check {
  std::string lines; ///< one for each model: its id, and "ok" or the sentence
  bool all_fine = true;
};

/// Reads every model file whole, where the manifest has its SHA-256.
models_check check_models(const manifest& models);

/// As given on the command line; what is empty was not given.
struct model_arguments {
  std::string file; ///< relative to the working folder
  std::string id;
  std::string adapter;
  int width = 640;
  int height = 640;
  std::string labels; ///< a file
  std::string dtype;
  std::vector<double> mean;
  std::vector<double> std;
};

/// Adds a model to the manifest at `manifest_path`; makes it and its folder when they are not there. Gives the entry as
/// the manifest has it now. Fails as `add_model` does, or with `invalid_argument`.
expected<model_entry> add_model_file(const std::string& manifest_path, const model_arguments& given);

} // namespace timeloom
