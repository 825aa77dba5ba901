#include "simulator/crew.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>

namespace tasuki::simulator {
namespace {

constexpr unsigned most_jobs = 64;
constexpr std::size_t most_findings = 100;
constexpr unsigned longest = 60;  // seconds for one schedule, which takes milliseconds

// What the workers and their parent share.
struct Board {
  struct Worker {
    std::atomic<std::uint64_t> seed;
    Coverage coverage;
  };
  struct Noted {
    std::uint64_t seed;
    char what[200];
  };
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::size_t> findings{0};
  Noted noted[most_findings];
  Worker workers[most_jobs];

  void note(std::uint64_t seed, const std::string& what) {
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), what.c_str());
    std::fflush(stdout);
    const std::size_t place = findings.fetch_add(1);
    if (place >= most_findings) return;
    noted[place].seed = seed;
    std::snprintf(noted[place].what, sizeof noted[place].what, "%s", what.c_str());
  }
};

struct Unmap {
  void operator()(Board* board) const { ::munmap(board, sizeof *board); }
};

std::unique_ptr<Board, Unmap> shared_board() {
  void* const place =
      ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED) throw std::runtime_error("no memory to share");
  return std::unique_ptr<Board, Unmap>(::new (place) Board);
}

}  // namespace

Outcome run_schedules(const std::vector<std::uint64_t>& seeds, std::uint64_t first,
                      std::uint64_t count, unsigned jobs) {
  jobs = std::min(std::max(jobs, 1u), most_jobs);
  const auto board = shared_board();
  const std::uint64_t all = seeds.size() + count;
  const auto work = [&](Board::Worker& own) {
    for (std::uint64_t i = board->next++; i < all; i = board->next++) {
      own.seed = i < seeds.size() ? seeds[i] : first + (i - seeds.size());
      ::alarm(longest);
      const std::string wrong = run_schedule(own.seed, own.coverage);
      if (!wrong.empty()) board->note(own.seed, wrong);
    }
  };

  std::map<pid_t, unsigned> at_work;
  const auto hire = [&](unsigned number) {
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("no process to work with");
    if (child == 0) {
      work(board->workers[number]);
      std::_Exit(0);
    }
    at_work[child] = number;
  };
  for (unsigned i = 0; i < jobs; ++i) hire(i);
  while (!at_work.empty()) {
    int status = 0;
    const pid_t child = ::wait(&status);
    const auto worker = at_work.find(child);
    if (worker == at_work.end()) continue;
    const unsigned number = worker->second;
    at_work.erase(worker);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
    const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    board->note(board->workers[number].seed,
                signal == SIGALRM ? "does not come to an end"
                                  : "the program crashes, signal " + std::to_string(signal));
    hire(number);
  }

  Outcome outcome;
  for (unsigned i = 0; i < jobs; ++i) outcome.coverage.add(board->workers[i].coverage);
  for (std::size_t i = 0; i < std::min<std::size_t>(board->findings, most_findings); ++i)
    outcome.findings.push_back({board->noted[i].seed, board->noted[i].what});
  return outcome;
}

}  // namespace tasuki::simulator
