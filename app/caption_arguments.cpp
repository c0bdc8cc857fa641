#include "app/caption_arguments.hpp"

#include <CLI/CLI.hpp>

namespace timeloom {

void add_caption_options(CLI::App& command, caption_arguments& given) {
  const auto add = [&](const char* name, auto& value, const char* help) {
    return command.add_option(name, value, help)->group("Options of captions");
  };
  add("--prompt", given.prompt, "What is asked about the pictures")->type_name("TEXT");
  add("--max-new-tokens", given.max_new_tokens, "A caption is cut short there (default: 150)")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
  add("--max-tiles", given.max_tiles, "Into which a picture is cut at most (default: 12)")
      ->check(CLI::Range(1, 12))
      ->type_name("N");
  add("--batch-size", given.batch_size, "Captions computed together, at most (default: by the memory)")
      ->check(CLI::Range(1, 512))
      ->type_name("N");
}

void apply(const caption_arguments& given, configuration& settings) {
  auto& captions = settings.analyzers.scene_caption;
  if (!given.prompt.empty())
    captions.prompt = given.prompt;
  if (given.max_new_tokens > 0)
    captions.max_new_tokens = given.max_new_tokens;
  if (given.max_tiles > 0)
    captions.max_tiles = given.max_tiles;
  if (given.batch_size > 0)
    settings.models.caption_batch_size = given.batch_size;
}

} // namespace timeloom
