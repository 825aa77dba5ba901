#include "gateway/registry.h"

namespace tasuki::gateway {

Registry::Name Registry::name_of(const AgentLine& line) {
  return {line.facts().label, line.facts().computer};
}

std::shared_ptr<AgentLine> Registry::add(std::shared_ptr<AgentLine> line) {
  std::shared_ptr<AgentLine> replaced;
  const auto it = lines_.find(name_of(*line));
  if (it != lines_.end()) {
    replaced = it->second.line;
    remove(*replaced);
  }
  const auto place = by_silence_.insert(by_silence_.end(), line.get());
  const Name name = name_of(*line);
  lines_.emplace(name, Entry{std::move(line), place});
  return replaced;
}

void Registry::remove(const AgentLine& line) {
  const auto it = lines_.find(name_of(line));
  if (it == lines_.end() || it->second.line.get() != &line) return;
  by_silence_.erase(it->second.place);
  lines_.erase(it);
}

AgentLine* Registry::find(const control::KeyLabel& label,
                          const control::ComputerId& computer) const {
  const auto it = lines_.find({label, computer});
  return it == lines_.end() ? nullptr : it->second.line.get();
}

std::vector<AgentLine*> Registry::with_key(const control::KeyLabel& label) const {
  std::vector<AgentLine*> found;
  for (auto it = lines_.lower_bound({label, {}}); it != lines_.end() && it->first.first == label;
       ++it)
    found.push_back(it->second.line.get());
  return found;
}

std::vector<AgentLine*> Registry::all() const {
  std::vector<AgentLine*> found;
  for (const auto& [name, entry] : lines_) found.push_back(entry.line.get());
  return found;
}

void Registry::heard(const AgentLine& line) {
  const auto it = lines_.find(name_of(line));
  if (it == lines_.end() || it->second.line.get() != &line) return;
  by_silence_.splice(by_silence_.end(), by_silence_, it->second.place);
}

std::vector<std::shared_ptr<AgentLine>> Registry::silent(
    std::chrono::steady_clock::time_point since) const {
  std::vector<std::shared_ptr<AgentLine>> found;
  for (const AgentLine* line : by_silence_) {
    if (line->last_heard() >= since) break;
    found.push_back(lines_.at(name_of(*line)).line);
  }
  return found;
}

}  // namespace tasuki::gateway
