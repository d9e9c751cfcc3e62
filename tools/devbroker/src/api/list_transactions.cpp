// ListTransactions: the transactional ids that this node coordinates, by state, producer, age (KIP-994) and name
// (KIP-1152).
#include <algorithm>
#include <array>
#include <vector>

#include "api/answers.hpp"
#include "api/id_pattern.hpp"
#include "api/permission.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

using protocol::ListTransactionsRequest;
using protocol::ListTransactionsResponse;

// Those that are moments here may be asked for all the same.
constexpr std::array<std::string_view, 8> known_states{"Empty",        "Ongoing",          "PrepareCommit",
                                                       "PrepareAbort", "CompleteCommit",   "CompleteAbort",
                                                       "Dead",         "PrepareEpochFence"};

template <class Value>
bool holds(const protocol::array<Value>& filter, const Value& value) {
  return std::find(filter.begin(), filter.end(), value) != filter.end();
}

bool passes(const ListTransactionsRequest& request, const transaction& t, instant now) {
  if (!request.state_filters.empty() && !holds(request.state_filters, name(t.state()))) return false;
  if (!request.producer_id_filters.empty() &&
      !holds(request.producer_id_filters, protocol::producer_id{t.producer().id}))
    return false;
  return request.duration_filter < 0 || now.wall.count() - t.started() > request.duration_filter;
}

}  // namespace

verdict answer(call& c, const ListTransactionsRequest& request, ListTransactionsResponse& response) {
  const std::string_view pattern_text = request.transactional_id_pattern.value_or("");
  const id_pattern pattern(pattern_text);
  if (!pattern.is_good()) {
    response.error_code = error_code::invalid_regular_expression;
    return verdict::answer;
  }
  response.unknown_state_filters = c.make<std::string_view>(request.state_filters.size());
  std::size_t unknown = 0;
  for (const std::string_view state : request.state_filters)
    if (std::find(known_states.begin(), known_states.end(), state) == known_states.end())
      response.unknown_state_filters[unknown++] = state;
  response.unknown_state_filters = {response.unknown_state_filters.data(), unknown};

  std::vector<const transaction*> found;
  c.cluster.transactions.for_each_on(c.node_index, [&](const transaction& t) {
    if (!may_transaction(c, acl_operation::describe, t.id())) return;
    if (passes(request, t, c.now) && (pattern_text.empty() || pattern.matches(t.id()))) found.push_back(&t);
  });
  response.transaction_states = c.make<ListTransactionsResponse::TransactionState>(found.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    response.transaction_states[i] = {
        found[i]->id(), protocol::producer_id{found[i]->producer().id}, name(found[i]->state()), {}};
  return verdict::answer;
}

void answer_error(call&, const ListTransactionsRequest&, ListTransactionsResponse& response, error_code error) {
  response.error_code = error;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
