#include "client/pins.h"

#include "config/files.h"

#include <nlohmann/json.hpp>

namespace tasuki::client {
namespace {

using nlohmann::json;

constexpr std::size_t largest_file = 16 * 1024 * 1024;

[[noreturn]] void damaged(const std::filesystem::path& file) {
  throw config::FileError(
      {file.string() + " is damaged. Restore it from a backup, or remove it; then every agent's "
                       "identity has to be learnt anew.",
       file.string() + " が壊れています。バックアップから戻すか、削除してください"
                       "（削除すると各エージェントの身元を改めて確認することになります）。"});
}

bool same_place(const Pin& pin, const std::string& realm, const std::string& key_label,
                const control::ComputerId& computer) {
  return pin.realm == realm && pin.key_label == key_label && pin.computer == computer;
}

Pin read(const json& kept, const std::filesystem::path& file) {
  const auto computer = control::ComputerId::parse(kept.at("computer").get<std::string>());
  const auto agent = crypto::AgentId::parse(kept.at("agent").get<std::string>());
  if (!computer || !agent) damaged(file);
  return {kept.at("realm"), kept.at("key"), *computer, *agent, kept.at("since")};
}

void save(const std::vector<Pin>& pins, const std::filesystem::path& file) {
  json list = json::array();
  for (const Pin& pin : pins)
    list.push_back({{"realm", pin.realm},
                    {"key", pin.key_label},
                    {"computer", pin.computer.text()},
                    {"agent", pin.agent.text()},
                    {"since", pin.since}});
  config::make_private_directory(file.parent_path());
  config::write_file(file, as_bytes(json{{"pins", list}}.dump(2) + "\n"));
}

}  // namespace

std::vector<Pin> Pins::all() const {
  if (!std::filesystem::exists(file_)) return {};
  const json content = json::parse(config::read_file(file_, largest_file), nullptr, false);
  std::vector<Pin> pins;
  try {
    for (const json& kept : content.at("pins")) pins.push_back(read(kept, file_));
  } catch (const json::exception&) {
    damaged(file_);
  }
  return pins;
}

std::optional<crypto::AgentId> Pins::find(const std::string& realm, const std::string& key_label,
                                          const control::ComputerId& computer) const {
  for (const Pin& pin : all())
    if (same_place(pin, realm, key_label, computer)) return pin.agent;
  return std::nullopt;
}

void Pins::set(const Pin& pin) {
  std::vector<Pin> pins = all();
  std::erase_if(pins, [&](const Pin& each) {
    return same_place(each, pin.realm, pin.key_label, pin.computer);
  });
  pins.push_back(pin);
  save(pins, file_);
}

bool Pins::remove(const std::string& realm, const std::string& key_label,
                  const control::ComputerId& computer) {
  std::vector<Pin> pins = all();
  const std::size_t gone = std::erase_if(
      pins, [&](const Pin& each) { return same_place(each, realm, key_label, computer); });
  if (gone > 0) save(pins, file_);
  return gone > 0;
}

}  // namespace tasuki::client
