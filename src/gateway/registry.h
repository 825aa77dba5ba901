// The agents that are connected now, by gateway key and Computer ID. Lives in
// memory only: this gateway is the sole truth for the connections it holds.
#pragma once

#include "gateway/agent_line.h"

#include <list>
#include <map>
#include <vector>

namespace tasuki::gateway {

class Registry {
public:
  // Makes `line` the one for its name. Returns the one it replaces, if any.
  std::shared_ptr<AgentLine> add(std::shared_ptr<AgentLine> line);

  // Takes it out, unless another has taken its place meanwhile.
  void remove(const AgentLine& line);

  AgentLine* find(const control::KeyLabel& label, const control::ComputerId& computer) const;

  // Everyone registered with that key, by Computer ID; or everyone.
  std::vector<AgentLine*> with_key(const control::KeyLabel& label) const;
  std::vector<AgentLine*> all() const;
  std::size_t size() const { return lines_.size(); }

  void heard(const AgentLine& line);  // moves it to the back of the queue below
  // Those silent since before `since`. Costs their number, not everyone's.
  std::vector<std::shared_ptr<AgentLine>> silent(std::chrono::steady_clock::time_point since) const;

private:
  using Name = std::pair<control::KeyLabel, control::ComputerId>;
  using Queue = std::list<const AgentLine*>;  // the longest silent first
  struct Entry {
    std::shared_ptr<AgentLine> line;
    Queue::iterator place;
  };
  static Name name_of(const AgentLine& line);

  std::map<Name, Entry> lines_;
  Queue by_silence_;
};

}  // namespace tasuki::gateway
