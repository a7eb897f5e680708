// One line per FastCGI record, for debug logs and `check --verbose`. Pure; bytes from a peer are
// shown cleaned and bounded, so that no peer can forge a line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fastcgi {

inline constexpr std::size_t kMaxTranscriptLines = 64;
inline constexpr std::size_t kMaxTranscriptContentBytes = 512;  // shown of each record

// "BEGIN_REQUEST id=1 length=8 padding=0 role=responder keep_conn=0"
// "PARAMS id=1 length=59 padding=0 SCRIPT_NAME=/ping REQUEST_METHOD=GET ..."
// "STDOUT id=1 length=175 padding=1 "...\r\n\r\npong""
// "END_REQUEST id=1 length=8 padding=0 app_status=0 protocol_status=request_complete"
// At most kMaxTranscriptLines lines; what is beyond them, and incomplete or garbage bytes at the
// end, become one line that says so.
std::vector<std::string> describe_records(std::string_view bytes);

// Whether the value of this parameter may be a password or token; then the transcript shows
// <secret> instead. PHP_VALUE and PHP_ADMIN_VALUE count, for they can hold any ini setting.
bool carries_secret(std::string_view param_name);

}  // namespace fastcgi
