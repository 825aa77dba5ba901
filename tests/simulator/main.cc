// simulate: runs the libraries of a session (inner) through schedules of a hostile network
// in virtual time, thousands a second, and says which of them went wrong.
//
//   simulate [--seed S] [--schedules N] [--jobs N] [--json FILE] [--verbose]
//
// Schedule i has the seed S + i, and nothing but its seed. Exit: 1 if anything was wrong,
// or if something never happened in a run that was long enough for it.
#include "simulator/crew.h"
#include "simulator/world.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <fstream>
#include <iostream>
#include <random>
#include <thread>

namespace tasuki::simulator {
namespace {

using Steady = std::chrono::steady_clock;

// Runs as long as this meet everything.
constexpr std::uint64_t long_run = 50'000;

// These run with every long run: once something went wrong in them, or they are real.
std::vector<std::uint64_t> lasting_seeds() {
  std::vector<std::uint64_t> seeds;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) seeds.push_back(seed);
  return seeds;
}

struct Wishes {
  std::uint64_t seed = 0, schedules = 100'000;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  std::string json;
  bool verbose = false;
};

[[noreturn]] void usage() {
  std::cerr << "usage: simulate [--seed S] [--schedules N] [--jobs N] [--json FILE] [--verbose]\n";
  std::exit(2);
}

Wishes wishes_in(const std::vector<std::string>& words) {
  Wishes wishes;
  std::random_device device;
  wishes.seed = std::uint64_t(device()) << 16 | (device() & 0xffff);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--verbose") {
      wishes.verbose = true;
      continue;
    }
    if (i + 1 == words.size()) usage();
    const std::string& option = words[i];
    const std::string& value = words[++i];
    std::uint64_t number = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool is_number = read.ec == std::errc{} && read.ptr == value.data() + value.size();
    if (option == "--json")
      wishes.json = value;
    else if (!is_number)
      usage();
    else if (option == "--seed")
      wishes.seed = number;
    else if (option == "--schedules")
      wishes.schedules = number;
    else if (option == "--jobs")
      wishes.jobs = unsigned(number);
    else
      usage();
  }
  return wishes;
}

std::vector<std::string_view> never_met(const Coverage& coverage) {
  std::vector<std::string_view> never;
  for (std::size_t i = 0; i < met_names.size(); ++i)
    if (coverage.times[i] == 0) never.push_back(met_names[i]);
  return never;
}

void tell(const Outcome& outcome, const Wishes& wishes, double seconds) {
  const Coverage& coverage = outcome.coverage;
  std::cout << coverage.schedules << " schedules from seed " << wishes.seed << " in " << seconds
            << " s: " << coverage.events << " events, " << coverage.bytes << " bytes, "
            << outcome.findings.size() << " findings\n";
  for (std::size_t i = 0; i < met_names.size(); ++i)
    std::cout << "  " << met_names[i] << ' ' << coverage.times[i] << '\n';
}

void write_json(const Outcome& outcome, const Wishes& wishes, double seconds) {
  nlohmann::ordered_json all{{"seed", wishes.seed},
                             {"schedules", outcome.coverage.schedules},
                             {"seconds", seconds},
                             {"events", outcome.coverage.events},
                             {"bytes", outcome.coverage.bytes}};
  for (std::size_t i = 0; i < met_names.size(); ++i)
    all["met"][std::string(met_names[i])] = outcome.coverage.times[i];
  all["findings"] = nlohmann::ordered_json::array();
  for (const Finding& finding : outcome.findings)
    all["findings"].push_back({{"seed", finding.seed}, {"what", finding.what}});
  std::ofstream(wishes.json) << all.dump(2) << '\n';
}

int tell_one_by_one(const Wishes& wishes) {
  int status = 0;
  Coverage coverage;
  for (std::uint64_t i = 0; i < wishes.schedules; ++i) {
    std::cout << "seed " << wishes.seed + i << '\n';
    try {
      World(wishes.seed + i, coverage, &std::cout).run();
    } catch (const Wrong& wrong) {
      std::cout << "WRONG: " << wrong.what << '\n';
      status = 1;
    }
  }
  return status;
}

int run(const Wishes& wishes) {
  if (wishes.verbose) return tell_one_by_one(wishes);
  const bool is_long = wishes.schedules >= long_run;
  std::cout << "simulate --seed " << wishes.seed << " --schedules " << wishes.schedules
            << std::endl;
  const auto began = Steady::now();
  const Outcome outcome = run_schedules(is_long ? lasting_seeds() : std::vector<std::uint64_t>{},
                                        wishes.seed, wishes.schedules, wishes.jobs);
  const double seconds = std::chrono::duration<double>(Steady::now() - began).count();
  tell(outcome, wishes, seconds);
  if (!wishes.json.empty()) write_json(outcome, wishes, seconds);
  int status = outcome.findings.empty() ? 0 : 1;
  if (is_long)
    for (const std::string_view what : never_met(outcome.coverage)) {
      std::cout << "never happened: " << what << '\n';
      status = 1;
    }
  return status;
}

}  // namespace

std::string run_schedule(std::uint64_t seed, Coverage& coverage) {
  try {
    World(seed, coverage, nullptr).run();
  } catch (const Wrong& wrong) {
    return wrong.what;
  } catch (const std::exception& error) {
    return std::string("an error that nobody expected: ") + error.what();
  }
  return {};
}

}  // namespace tasuki::simulator

int main(int count, char** words) {
  return tasuki::simulator::run(
      tasuki::simulator::wishes_in(std::vector<std::string>(words + 1, words + count)));
}
