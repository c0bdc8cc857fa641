#include "app/caption_arguments.hpp"

#include <CLI/CLI.hpp>

namespace timeloom {

void add_caption_options(CLI::App& command, caption_arguments& given) {
  const auto add = [&](const char* name, auto& value, const char* help) {
    return command.add_option(name, value, help)->group("Options of captions");
  };
  add("--prompt", given.prompt,
      "What is asked about the pictures, whatever the configuration asks about videos of certain names")
      ->type_name("TEXT");
  add("--max-new-tokens", given.max_new_tokens, "A caption is cut short there (default: 150)")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
  add("--max-tiles", given.max_tiles, "Into which a picture is cut at most (default: 12)")
      ->check(CLI::Range(1, 12))
      ->type_name("N");
  add("--batch-size", given.batch_size, "Captions computed together, at most (default: by the memory)")
      ->check(CLI::Range(1, 512))
      ->type_name("N");
  add("--max-batch-size", given.max_batch_size, "What --batch-size comes to by the memory, at most")
      ->check(CLI::Range(1, 512))
      ->type_name("N");
  add("--gpu-memory-fraction", given.gpu_memory_fraction,
      "Share of a GPU's memory that captions may take (default: 0.9)")
      ->check(CLI::Range(0.01, 0.9))
      ->type_name("SHARE");
  add("--precision", given.precision, "What their model computes in (default: bfloat16 on a GPU, float32 without)")
      ->check(CLI::IsMember({"float32", "float16", "bfloat16"}))
      ->type_name("TYPE");
}

void apply(const caption_arguments& given, configuration& settings) {
  auto& captions = settings.analyzers.scene_caption;
  if (!given.prompt.empty()) {
    captions.prompt = given.prompt;
    settings.analyzers.caption_prompts.clear();
  }
  if (given.max_new_tokens > 0)
    captions.max_new_tokens = given.max_new_tokens;
  if (given.max_tiles > 0)
    captions.max_tiles = given.max_tiles;
  auto& model = settings.models.captions;
  if (given.batch_size > 0)
    model.batch_size = given.batch_size;
  if (given.max_batch_size > 0)
    model.max_batch_size = given.max_batch_size;
  if (given.gpu_memory_fraction > 0)
    model.gpu_memory_fraction = given.gpu_memory_fraction;
  model.precision = model_dtype_from_string(given.precision).value_or(model.precision);
}

} // namespace timeloom
