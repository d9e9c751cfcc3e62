// AddOffsetsToTxn: a group's offsets become part of a transaction.
#include "api/answers.hpp"
#include "api/permission.hpp"
#include "api/transaction_call.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {

verdict answer(call& c, const protocol::AddOffsetsToTxnRequest& request, protocol::AddOffsetsToTxnResponse& response) {
  constexpr std::int16_t first_version_with_fenced = 2;
  response.error_code = why_no_producer(c, request.transactional_id);
  if (response.error_code == error_code::none && !may_group(c, acl_operation::read, request.group_id))
    response.error_code = error_code::group_authorization_failed;
  if (response.error_code != error_code::none) return verdict::answer;
  const found_transaction found = find_transaction(c, request.transactional_id);
  error_code error = found.error;
  if (error == error_code::none) {
    const partition_ref offsets{std::string(offsets_topic), offsets_partition_of(request.group_id)};
    error = add_partitions(c, *found.in, claim_of(request.producer_id, request.producer_epoch), {offsets});
  }
  response.error_code = for_version(c, error, first_version_with_fenced);
  return verdict::answer;
}

void answer_error(call&, const protocol::AddOffsetsToTxnRequest&, protocol::AddOffsetsToTxnResponse& response,
                  error_code error) {
  response.error_code = error;
}

}  // namespace mock
}  // namespace v0
}  // namespace ottla
