// The file of --web.config.file on its way to the front: read, made into what the front takes, and
// looked at for changes. Used by the control loop.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/web_config.h"
#include "http/guard.h"

namespace app {

class WebAccess {
 public:
  explicit WebAccess(std::string path) : path_(std::move(path)) {}  // empty: there is no file

  bool has_file() const { return !path_.empty(); }

  // What the file and those that it names say now, or every problem, a line each. Once TLS is on
  // or off it stays so until a restart: clients of the other kind are out there, and a file that
  // was emptied or cut must not make an exporter speak in the clear. For the same reason logins and
  // what is asked of the certificates of clients may be changed, but not given up.
  base::Result<std::shared_ptr<const http::Access>> read();

  // The same at the start: throws std::runtime_error with the problems.
  std::shared_ptr<const http::Access> read_first();

  // Whether one of these files is another than at the last read(). Looks at them by path: a
  // certificate is often a link to a folder that is swapped as a whole.
  bool has_changed() const;

 private:
  base::Result<std::shared_ptr<const http::Access>> try_read();

  // Device, file, size, time of change; zeros for one that is not there.
  using Stamp = std::tuple<dev_t, ino_t, off_t, std::int64_t, std::int64_t>;
  static Stamp stamp_of(const std::string& path);
  config::WebConfigRead read_stamped();

  struct Guards {
    bool tls, logins;
    bool certificates, verified, by_own_authority, of_allowed_names;  // of clients
  };
  static Guards guards_of(const config::WebConfig& config);
  static std::string why_not(const Guards& before, const Guards& after);  // empty: it may be so

  const std::string path_;
  std::optional<Guards> guards_;  // in force
  std::vector<std::pair<std::string, Stamp>> stamps_;
};

}  // namespace app
