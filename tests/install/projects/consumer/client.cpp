// Uses ottla::ottla, the usual set.
#include <ottla/protocol/crc32c.hpp>

int main() { return ottla::protocol::crc32c({}) == 0 ? 0 : 1; }
