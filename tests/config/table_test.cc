#include "config/table.h"
#include "config/forms.h"

#include "scratch.h"

namespace tasuki::config {
namespace {

// A configuration with a field of every kind.
enum class Colour { red, green };

struct Lamp {
  net::Address address;
  Colour colour = Colour::green;
};

struct Times {
  std::chrono::seconds night{30};
  unsigned flashes = 3;
};

struct House {
  std::string name = "home";
  bool warm = true;
  std::vector<std::string> rooms = {"kitchen"};
  std::filesystem::path plan;
  Times times;
  std::map<std::string, Lamp> lamps;
};

Table<House> house_table() {
  const auto times = Table<Times>()
                         .field("night_seconds", &Times::night, seconds(1, 60), {"Night.", "夜。"})
                         .field("flashes", &Times::flashes, whole(0, 9), {"Flashes.", "点滅。"});
  const auto lamp = Table<Lamp>()
                        .required("address", &Lamp::address, address(), {"Where.", "場所。"})
                        .field("colour", &Lamp::colour,
                               choice<Colour>({{"red", Colour::red}, {"green", Colour::green}}),
                               {"Colour.", "色。"});
  return Table<House>("house")
      .field("name", &House::name, text(1, 10), {"Its name.", "名前。"})
      .field("warm", &House::warm, flag(), {"Whether it is warm.", "暖かいか。"})
      .field("rooms", &House::rooms, list_of(text(1, 10), 3), {"Rooms.", "部屋。"})
      .field("plan", &House::plan, path(), {"The plan.", "図面。"})
      .section("times", &House::times, times, {"Times.", "時間。"})
      .each("lamps", &House::lamps, lamp, {"Lamps.", "ランプ。"});
}

std::vector<std::string> mistakes(const std::string& text) {
  std::vector<std::string> lines;
  for (const Mistake& mistake : house_table().parse(text, "house.toml").mistakes)
    lines.push_back(mistake.text(Language::english));
  return lines;
}

// The only mistake of a file that begins with its role.
std::string mistake(const std::string& rest) {
  const auto all = mistakes("role = \"house\"\n" + rest);
  return all.size() == 1 ? all[0] : std::to_string(all.size()) + " mistakes";
}

TEST(ConfigTable, ReadsEveryKindOfField) {
  const auto loaded = house_table().parse(R"(
role = "house"
name = "villa"
warm = false
rooms = ["hall", "寝室"]
plan = "plans/villa.pdf"
[times]
night_seconds = 45
[lamps.door]
address = "lamp.example:80"
colour = "red"
[lamps.Hall_2]
address = "[::1]:81"
)",
                                          "house.toml");
  ASSERT_TRUE(loaded.ok()) << loaded.mistakes[0].text(Language::english);
  const House& house = loaded.value;
  EXPECT_EQ(house.name, "villa");
  EXPECT_FALSE(house.warm);
  EXPECT_EQ(house.rooms, (std::vector<std::string>{"hall", "寝室"}));
  EXPECT_EQ(house.plan, "plans/villa.pdf");
  EXPECT_EQ(house.times.night, std::chrono::seconds(45));
  EXPECT_EQ(house.times.flashes, 3u);
  EXPECT_EQ(house.lamps.at("door").colour, Colour::red);
  EXPECT_EQ(house.lamps.at("Hall_2").address.port, 81);
}

TEST(ConfigTable, LeavesDefaultsWhereTheFileSaysNothing) {
  const auto loaded = house_table().parse("role = \"house\"", "house.toml");
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.value.name, "home");
  EXPECT_EQ(loaded.value.rooms.size(), 1u);
}

TEST(ConfigTable, NamesFileLineColumnAndKeyOfAMistake) {
  EXPECT_EQ(mistake("[times]\nnight_seconds = 99"),
            "house.toml:3:17: times.night_seconds: must be a whole number of seconds from 1 to 60, "
            "not 99");
}

TEST(ConfigTable, FindsAllMistakesAtOnceInTheFilesOrder) {
  const auto all = mistakes(R"(role = "house"
warm = "yes"
name = ""
[times]
flashes = 10
night_seconds = 1.5
)");
  ASSERT_EQ(all.size(), 4u);
  EXPECT_TRUE(all[0].starts_with("house.toml:2:8: warm: ")) << all[0];
  EXPECT_TRUE(all[1].starts_with("house.toml:3:8: name: ")) << all[1];
  EXPECT_TRUE(all[2].starts_with("house.toml:5:11: times.flashes: ")) << all[2];
  EXPECT_TRUE(all[3].starts_with("house.toml:6:17: times.night_seconds: ")) << all[3];
}

TEST(ConfigTable, SaysWhatAWrongTypeIs) {
  EXPECT_EQ(mistake("name = 7"), "house.toml:2:8: name: must be text of 1 to 10 characters, not 7");
  EXPECT_EQ(mistake("name = 07:32:00"),
            "house.toml:2:8: name: must be text of 1 to 10 characters, not a date or time");
  EXPECT_EQ(mistake("warm = 1"), "house.toml:2:8: warm: must be true or false, not 1");
  EXPECT_EQ(mistake("warm = 1.5"),
            "house.toml:2:8: warm: must be true or false, not a decimal fraction");
  EXPECT_EQ(mistake("warm = [true]"),
            "house.toml:2:8: warm: must be true or false, not a list of 1");
  EXPECT_EQ(mistake("warm = {}"), "house.toml:2:8: warm: must be true or false, not a section");
  EXPECT_EQ(mistake("rooms = \"hall\""),
            "house.toml:2:9: rooms: must be a list of 0 to 3, each text of 1 to 10 characters, not "
            "\"hall\"");
  EXPECT_EQ(mistake("times = 5"),
            "house.toml:2:9: times: must be a section: [times] on a line of its own");
  EXPECT_EQ(mistake("lamps.door = \"x\""),
            "house.toml:2:14: lamps.door: must be a section: [lamps.door] on a line of its own");
}

TEST(ConfigTable, NamesTheWrongElementOfAList) {
  EXPECT_EQ(mistake("rooms = [\"hall\",\n  \"\"]"),
            "house.toml:3:3: rooms[1]: must be text of 1 to 10 characters, not \"\"");
  EXPECT_EQ(mistake("rooms = [\"a\", \"b\", \"c\", \"d\"]").substr(0, 22),
            "house.toml:2:9: rooms:");
}

TEST(ConfigTable, RefusesNumbersOutOfAnyRange) {
  for (const char* number : {"-1", "0", "61", "9223372036854775807", "-9223372036854775808", "1.0",
                             "inf", "nan", "\"30\"", "true"})
    EXPECT_TRUE(mistake(std::string("times.night_seconds = ") + number)
                    .starts_with("house.toml:2:23: times.night_seconds: must be a whole number"))
        << mistake(std::string("times.night_seconds = ") + number);
}

TEST(ConfigTable, RefusesControlCharactersInTextsAndPaths) {
  EXPECT_NE(mistake("name = \"a\\u0000b\"").find("name: must be text"), std::string::npos);
  EXPECT_NE(mistake("plan = \"a\\u0000b\"").find("plan: must be a path"), std::string::npos);
}

TEST(ConfigTable, GuessesWhatAnUnknownKeyWasMeantToBe) {
  EXPECT_EQ(mistake("nmae = \"x\""),
            "house.toml:2:1: nmae: there is no such key; did you mean \"name\"?");
  EXPECT_EQ(mistake("[times]\nnight-seconds = 5"),
            "house.toml:3:1: times.night-seconds: there is no such key; did you mean "
            "\"night_seconds\"?");
  EXPECT_EQ(mistake("night_seconds = 5"),
            "house.toml:2:1: night_seconds: there is no such key; did you mean "
            "\"times.night_seconds\"?");
  EXPECT_EQ(mistake("[tmies]\nflashes = 5"),
            "house.toml:2:2: tmies: there is no such key; did you mean \"times\"?");
  EXPECT_EQ(mistake("velocity = 5"), "house.toml:2:1: velocity: there is no such key");
}

TEST(ConfigTable, ExplainsWhyAKeyBelowASectionIsUnknown) {
  EXPECT_EQ(mistake("[times]\nflashes = 1\nwarm = true"),
            "house.toml:4:1: times.warm: there is no such key; \"warm\" belongs above the first "
            "[section]");
}

TEST(ConfigTable, QuotesAStrangeKeySoThatItCannotBreakTheLine) {
  EXPECT_EQ(mistake("\"a\\n\\u001b[2Jb\" = 1"),
            "house.toml:2:1: \"a\\n\\u001B[2Jb\": there is no such key");
}

TEST(ConfigTable, MissesWhatIsRequired) {
  EXPECT_EQ(mistake("[lamps.door]\ncolour = \"red\""),
            "house.toml:2:1: lamps.door.address: is missing");
}

TEST(ConfigTable, RefusesBadNamesOfSections) {
  EXPECT_EQ(mistake("[lamps.\"front door\"]\naddress = \"a:1\""),
            "house.toml:2:8: lamps.\"front door\": a name has 1 to 31 of the characters A-Z a-z "
            "0-9 _ -");
}

TEST(ConfigTable, RefusesAddressesWithoutAPort) {
  for (const char* bad :
       {"\"host\"", "\"host:\"", "\"host:0\"", "\"host:70000\"", "\":80\"", "\"\"", "80"})
    EXPECT_TRUE(mistake(std::string("lamps.x.address = ") + bad)
                    .starts_with("house.toml:2:19: lamps.x.address: must be a host and port"))
        << bad;
}

TEST(ConfigTable, SaysWhoseConfigurationAFileShouldBe) {
  EXPECT_EQ(mistakes("name = \"x\"")[0],
            "house.toml:1:1: role: is missing; make role = \"house\" the first line");
  EXPECT_EQ(mistakes("\nrole = \"garden\"")[0],
            "house.toml:2:8: role: this file would have to say role = \"house\"");
  EXPECT_EQ(mistakes("role = 1")[0].substr(0, 22), "house.toml:1:8: role: ");
}

TEST(ConfigTable, PointsAtWhatIsNotToml) {
  for (const auto& [text, place] : std::vector<std::pair<std::string, std::string>>{
           {"role = \"house\"\nname = ", "house.toml:2"},
           {"role = \"house\"\n\nname = \"x", "house.toml:3"},
           {"role = \"house\"\n[times\n", "house.toml:2"},
           {"role = \"house\"\nname = \"a\"\nname = \"b\"\n", "house.toml:3"},
           {"role = \"house\"\n= 5\n", "house.toml:2"},
           {"\xff\xfe", "house.toml:1"}}) {
    const auto all = mistakes(text);
    ASSERT_EQ(all.size(), 1u) << text;
    EXPECT_TRUE(all[0].starts_with(place)) << all[0];
    EXPECT_NE(all[0].find("this is not TOML"), std::string::npos) << all[0];
  }
}

TEST(ConfigTable, SurvivesEveryTruncationOfAFile) {
  const std::string whole = house_table().print({}, Language::japanese) +
                            "[lamps.door]\naddress = \"a:1\"\ncolour = \"red\"\n";
  ASSERT_TRUE(mistakes(whole).empty()) << mistakes(whole)[0];
  for (std::size_t size = 0; size < whole.size(); ++size) mistakes(whole.substr(0, size));
}

TEST(ConfigTable, SurvivesDeepNesting) {
  const std::string deep(100000, '[');
  EXPECT_FALSE(mistakes("name = " + deep).empty());
}

TEST(ConfigTable, SaysThatAFileIsMissingOrTooLarge) {
  const Scratch scratch;
  const auto missing = house_table().load(scratch / "house.toml");
  ASSERT_EQ(missing.mistakes.size(), 1u);
  EXPECT_NE(missing.mistakes[0].text(Language::english).find("No such file"), std::string::npos);
  const auto large = scratch.write("large.toml", std::string(2 * 1024 * 1024, '#'));
  EXPECT_FALSE(house_table().load(large).ok());
}

TEST(ConfigTable, SpeaksJapanese) {
  const auto loaded = house_table().parse("role = \"house\"\ntimes.flashes = 10", "house.toml");
  EXPECT_EQ(loaded.mistakes.at(0).text(Language::japanese),
            "house.toml:2:17: times.flashes: 0 ～ 9 の整数でなければなりません（現在: 10）");
}

TEST(PrintedConfig, IsReadBackAsTheSame) {
  House house;
  house.name = "say \"\\\" 家";
  house.rooms = {"a", "b"};
  house.times.flashes = 0;
  house.lamps["door"] = {{"lamp.example", 80}, Colour::red};
  const std::string text = house_table().print(house, Language::english);
  const auto loaded = house_table().parse(text, "house.toml");
  ASSERT_TRUE(loaded.ok()) << loaded.mistakes[0].text(Language::english) << "\n" << text;
  EXPECT_EQ(loaded.value.name, house.name);
  EXPECT_EQ(loaded.value.rooms, house.rooms);
  EXPECT_EQ(loaded.value.times.flashes, 0u);
  EXPECT_EQ(loaded.value.lamps.at("door").address, house.lamps.at("door").address);
  EXPECT_EQ(loaded.value.lamps.at("door").colour, Colour::red);
}

TEST(PrintedConfig, ShowsDefaultsAsComments) {
  const std::string text = house_table().print({}, Language::english);
  EXPECT_TRUE(text.starts_with(
      "role = \"house\"\n\n# Its name. Text of 1 to 10 characters.\n# name = \"home\"\n"))
      << text;
  EXPECT_NE(text.find("\n# Times.\n[times]\n\n# Night. A whole number of seconds from 1 to 60.\n# "
                      "night_seconds = 30\n"),
            std::string::npos)
      << text;
}

TEST(PrintedConfig, HoldsNoLineBeyondEightyColumns) {
  const std::string japanese = "とても長い説明です。";
  std::string sentences;
  for (int i = 0; i < 20; ++i) sentences += japanese;
  const std::string comment = table::comment(sentences);
  std::istringstream lines(comment);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(line.starts_with("# "));
    EXPECT_LE((line.size() - 2) / 3 * 2 + 2, 82u);
    EXPECT_FALSE(line.starts_with("# 。"));
  }
}

TEST(ConfigDocumentation, HasARowForEveryField) {
  const auto rows = house_table().document();
  std::vector<std::string> keys;
  for (const Row& row : rows) keys.push_back(row.key + "=" + row.standard);
  EXPECT_EQ(keys,
            (std::vector<std::string>{"role=", "name=\"home\"", "warm=true", "rooms=[\"kitchen\"]",
                                      "plan=\"\"", "times.night_seconds=30", "times.flashes=3",
                                      "lamps.NAME.address=", "lamps.NAME.colour=\"green\""}));
  for (const Row& row : rows) {
    EXPECT_FALSE(row.type.en.empty() || row.type.ja.empty()) << row.key;
    EXPECT_FALSE(row.about.en.empty() || row.about.ja.empty()) << row.key;
  }
}

}  // namespace
}  // namespace tasuki::config
