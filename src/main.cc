#include "cli/program.h"

int main(int argc, char** argv) {
  tasuki::cli::prepare_process();
  tasuki::cli::Console console = tasuki::cli::Console::standard();
  return int(tasuki::cli::run({argv + 1, argv + argc}, console));
}
