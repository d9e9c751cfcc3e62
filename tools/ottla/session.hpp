// session: what most commands begin with: configuration read, interrupt handler installed, cluster opened.
#pragma once

#include "client_setup.hpp"
#include "interrupt.hpp"

namespace ottla_tool {

/// Reads the configuration and opens the cluster; no I/O yet.
inline ottla::result<ottla::cluster> open_session(const globals& with, client_setup& setup) {
  interrupt::install();
  if (auto done = setup.read(with); !done) return ottla::unexpected(done.error());
  return ottla::cluster::open(setup.cluster);
}

}  // namespace ottla_tool
