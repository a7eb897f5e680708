#include "fastcgi/protocol.h"

namespace fastcgi {

std::string_view name_of(RecordType type) {
  switch (type) {
    case RecordType::begin_request:
      return "BEGIN_REQUEST";
    case RecordType::abort_request:
      return "ABORT_REQUEST";
    case RecordType::end_request:
      return "END_REQUEST";
    case RecordType::params:
      return "PARAMS";
    case RecordType::standard_input:
      return "STDIN";
    case RecordType::standard_output:
      return "STDOUT";
    case RecordType::standard_error:
      return "STDERR";
    case RecordType::data:
      return "DATA";
    case RecordType::get_values:
      return "GET_VALUES";
    case RecordType::get_values_result:
      return "GET_VALUES_RESULT";
    case RecordType::unknown_type:
      return "UNKNOWN_TYPE";
  }
  return {};
}

}  // namespace fastcgi
