// child_process: how a child of this process ended, for tests of forks.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <thread>

namespace ottla::test {

/// What waitpid says of a child's end. It may not hang: after half a minute it is killed, and the test has failed.
inline int end_of(pid_t child) {
  const auto bound = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  int status = -1;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > bound) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      ADD_FAILURE() << "the child hung";
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return status;
}

/// What it exits with: it may not die of a signal either.
inline int status_of(pid_t child) {
  const int status = end_of(child);
  EXPECT_TRUE(WIFEXITED(status)) << "the child died of signal " << WTERMSIG(status);
  return WEXITSTATUS(status);
}

}  // namespace ottla::test
