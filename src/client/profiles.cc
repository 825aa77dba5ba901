#include "client/profiles.h"

#include "config/files.h"
#include "wire/utf8.h"

#include <algorithm>

namespace tasuki::client {
namespace {

using config::BadProfile;
using config::Profile;
using config::Words;
using Cause = ProfileError::Cause;

constexpr std::string_view suffix = ".tasuki";
constexpr std::size_t longest_name = 120;  // bytes, so that the file's name stays below 255

// A name becomes a file's: it may not leave the directory, hide, or look like an
// option.
bool is_name(const std::string& name) {
  return name.size() <= longest_name && wire::is_plain_text(name, 1, longest_name) &&
         name.find('/') == std::string::npos && name.front() != '.' && name.front() != '-';
}

bool same_identity(const Profile& a, const Profile& b) {
  return std::any_of(a.roots.begin(), a.roots.end(), [&](const ByteString& root) {
    return std::find(b.roots.begin(), b.roots.end(), root) != b.roots.end();
  });
}

bool same_key(const Profile& a, const Profile& b) {
  return a.realm == b.realm && a.key_label == b.key_label;
}

[[noreturn]] void identity_changed(const std::string& realm, const std::string& known_as) {
  throw ProfileError(
      Cause::identity_changed,
      {"realm \"" + realm + "\" is known here by another root certificate (profile \"" + known_as +
           "\"). Somebody may be posing as it. If its administrator says that the realm was made "
           "anew, run: tasuki profile remove " +
           known_as,
       "レルム \"" + realm + "\" は別のルート証明書で登録されています（プロファイル \"" + known_as +
           "\"）。なりすましの可能性があります。作り直したことを管理者に確認できた場合は、"
           "次を実行してください: tasuki profile remove " +
           known_as});
}

std::string names(const std::vector<Profiles::Item>& items) {
  std::string text;
  for (const Profiles::Item& item : items) text += (text.empty() ? "" : ", ") + item.name;
  return text;
}

[[noreturn]] void unknown(const std::string& name, const std::vector<Profiles::Item>& items) {
  throw ProfileError(Cause::unknown,
                     {"there is no profile \"" + name + "\"" +
                          (items.empty() ? "" : "; there is: " + names(items)),
                      "\"" + name + "\" というプロファイルはありません" +
                          (items.empty() ? "" : "（あるもの: " + names(items) + "）")});
}

[[noreturn]] void disk(const std::filesystem::path& path, const std::string& why) {
  throw ProfileError(Cause::disk, {path.string() + ": " + why, path.string() + ": " + why});
}

Profile sound(std::variant<Profile, BadProfile> loaded) {
  if (auto* const bad = std::get_if<BadProfile>(&loaded))
    throw ProfileError(Cause::bad_profile, config::describe(*bad));
  return std::move(std::get<Profile>(loaded));
}

}  // namespace

std::filesystem::path Profiles::file(const std::string& name) const {
  if (!is_name(name))
    throw ProfileError(Cause::bad_name,
                       {"\"" + config::profile_file_name(name) +
                            "\": not a name for a profile; it has up to 120 bytes, no \"/\", and "
                            "no \".\" or \"-\" in front",
                        "プロファイル名として使えません。120 バイト以内で、\"/\" を含まず、"
                        "\".\" や \"-\" で始まらない名前にしてください"});
  return directory() / (name + std::string(suffix));
}

std::vector<Profiles::Item> Profiles::list() const {
  std::vector<Item> items;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory(), error);
  if (error == std::errc::no_such_file_or_directory) return items;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().stem().string();
    if (entry->path().extension() != suffix || !is_name(name)) continue;
    items.push_back({name, config::load_profile(entry->path().string())});
  }
  if (error) disk(directory(), error.message());
  std::sort(items.begin(), items.end(),
            [](const Item& a, const Item& b) { return a.name < b.name; });
  return items;
}

Profiles::Added Profiles::add(const std::string& source, const std::string& chosen) {
  auto text = config::profile_text(source);
  if (const auto* const bad = std::get_if<BadProfile>(&text))
    throw ProfileError(Cause::bad_profile, config::describe(*bad));
  const Profile profile = sound(config::parse_profile(std::get<std::string>(text)));
  if (!chosen.empty()) file(chosen);  // refuses a bad name

  std::string known_as;  // this realm and key, already here
  std::vector<std::string> taken;
  for (const Item& item : list()) {
    taken.push_back(item.name);
    const auto* const known = std::get_if<Profile>(&item.content);
    if (!known) continue;
    if (known->realm == profile.realm && !same_identity(*known, profile))
      identity_changed(profile.realm, item.name);
    if (same_key(*known, profile) && (known_as.empty() || item.name == chosen))
      known_as = item.name;
  }
  const auto is_taken = [&](const std::string& name) {
    return std::find(taken.begin(), taken.end(), name) != taken.end();
  };

  Added added{chosen, false};
  if (chosen.empty() && !known_as.empty()) {
    added.name = known_as;
  } else if (chosen.empty()) {
    const std::string realm = config::profile_file_name(profile.realm);
    added.name = realm;
    for (int n = 2; is_taken(added.name); ++n) added.name = realm + "-" + std::to_string(n);
  }
  added.replaced = is_taken(added.name);
  if (added.replaced && added.name != known_as)
    throw ProfileError(Cause::name_taken,
                       {"there is a profile \"" + chosen +
                            "\" already, of another realm or key; "
                            "choose another name, or first run: tasuki profile remove " +
                            chosen,
                        "\"" + chosen +
                            "\" という別のプロファイルがあります。他の名前にするか、"
                            "先に次を実行してください: tasuki profile remove " +
                            chosen});
  save(added.name, config::to_file(profile, config::plain_link(std::get<std::string>(text))));
  return added;
}

void Profiles::save(const std::string& name, const std::string& text) const {
  try {
    config::make_private_directory(home_);
    config::make_private_directory(directory());
    config::write_file(file(name), as_bytes(text));
  } catch (const config::FileError& error) {
    throw ProfileError(Cause::disk, error.words);
  }
}

void Profiles::remove(const std::string& name) {
  const std::filesystem::path path = file(name);
  std::error_code error;
  if (std::filesystem::remove(path, error)) return;
  if (error) disk(path, error.message());
  unknown(name, list());
}

Profile Profiles::find(const std::string& name, const std::string& preferred) const {
  const std::string& wanted = name.empty() ? preferred : name;
  if (!wanted.empty()) {
    const std::filesystem::path path = file(wanted);
    std::error_code error;
    if (!std::filesystem::exists(path, error) && !error) unknown(wanted, list());
    return sound(config::load_profile(path.string()));
  }
  std::vector<Item> items = list();
  if (items.empty())
    throw ProfileError(Cause::unknown,
                       {"there is no profile yet; run: tasuki profile add FILE-OR-LINK",
                        "プロファイルがまだありません。次を実行してください: "
                        "tasuki profile add ファイルまたはリンク"});
  if (items.size() > 1)
    throw ProfileError(
        Cause::ambiguous,
        {"there are several profiles (" + names(items) +
             "); say which with --profile NAME, or set profile in client.toml",
         "プロファイルが複数あります（" + names(items) +
             "）。--profile 名前 で指定するか、client.toml の profile に設定してください"});
  return sound(std::move(items.front().content));
}

}  // namespace tasuki::client
