// ottla: the command.
#include <csignal>

#include "command_line.hpp"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of the write, told like any other
  return ottla_tool::command_line().run(argc, argv);
}
