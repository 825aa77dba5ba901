#include "cli/message.h"

#include <cassert>

namespace tasuki::cli {
namespace {

std::string fill_in(std::string_view text, std::initializer_list<Filling> values,
                    Language language) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const std::string_view name = places::next(text, at);
    if (name.empty()) return out.append(text.substr(start));
    out.append(text.substr(start, at - start - name.size() - 2));
    const Words* value = nullptr;
    for (const Filling& each : values)
      if (each.first == name) value = &each.second;
    assert(value && "a place was not filled");
    if (value) out.append(value->in(language));
  }
  return out;
}

}  // namespace

Words fill(const Message& message, std::initializer_list<Filling> values) {
  return {fill_in(message.en, values, Language::english),
          fill_in(message.ja, values, Language::japanese)};
}

}  // namespace tasuki::cli
