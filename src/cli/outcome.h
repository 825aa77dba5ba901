// From whatever was thrown to an exit status and words for a person. The one place
// that knows all types of trouble; outcome.cc is a table of them.
#pragma once

#include "cli/console.h"
#include "cli/exit.h"
#include "inner/messages.h"

#include <exception>

namespace tasuki::cli {

struct Outcome {
  Exit exit = Exit::failure;
  Words words;  // empty: nothing needs to be said
};

Outcome explain(std::exception_ptr failure, const Circumstances& about);

// Why a channel was not opened, or broke; `target` is in the circumstances.
Words explain(inner::ChannelError reason, const Circumstances& about);

// What the rooms below say of a file is often the cause alone; the cure is then that
// the name or the right to it is wrong.
Words with_cure(const Words& what);

}  // namespace tasuki::cli
