#include "config/reference.h"

#include <string_view>
#include <vector>

#include "config/compat.h"
#include "config/environment.h"
#include "config/schema.h"
#include "config/target_file.h"

namespace config {
namespace {

constexpr std::string_view kIntroduction = R"(# The configuration

Generated from the program's own tables; a test compares this copy with them.

`fastcgi_exporter --config.file=FILE` reads YAML or JSON (the same keys; JSON is YAML), and
`--config.check` tells every problem of it, each with its line. Unknown keys, duplicate keys and wrong
types are errors. Flags go before the file, the file before the defaults below. A file that shows each key
at work is [fastcgi_exporter.yaml](fastcgi_exporter.yaml).

Durations are texts such as `250ms`, `5s` or `1m30s`. A text that looks like a number or a word of YAML
(`8.2`, `true`) stands in quotes. Aliases, merge keys and tags are not read: modules are how targets share
settings.
)";

constexpr std::string_view kDiscovery = R"(
What `discovery` finds follows without a reload: directories are watched, and everything is looked at again
every 30 s. Each source makes targets:

| key | the targets | their names |
|---|---|---|
| `target_files` | what the files name, as below | as the file says |
| `php_fpm_pools` | each pool of PHP-FPM's files | `php8.2-www`: PHP's version and the pool |
| `unix_sockets` | each stream socket that a program has bound | the base name; the whole path below `*` |
| `dns` | each IPv4 and IPv6 address of the name | `NAME@IP:PORT` |

Of two targets with one name or one socket (links followed) the one of `targets` stays, then the first in the
order of this table; the other is left out, logged once and counted in
`fastcgi_exporter_discovery_conflicts_total`. How much is wrong now is in
`fastcgi_exporter_discovery_problems`. `fastcgi_exporter discover` prints what is found, as a file to use.

Of a pool `listen` is the address, `pm.status_listen` the status address, its name the label `pool`;
`pm.max_children` is known, and `ping.path`, `ping.response` and `pm.status_path` go before what the module
says. A pool with neither path is up with any whole answer, even a 404.

A socket becomes a target when somebody has bound it, and stays one for `grace` after its file is gone, so that
a pool that died does not vanish; a link is the socket that it leads to. The addresses of a name stay for
`grace` while it leads nowhere or its name servers fail; one that is gone from an answer is gone at once.

## Target files

YAML or JSON in the shape of Prometheus' file_sd: a list of groups. A file with an error keeps its last good
content, and one warning names file and line; a file that is gone takes its targets with it. Write a new file
and rename it over the old one. At most 4 MiB and 10,000 targets a file.

```yaml
- targets: ["www=unix:/run/php/www.sock"]
  labels: {app: shop}
  status_address: unix:/run/php/www-status.sock
```

)";

constexpr std::string_view kSeedMode = R"(
## Environment variables

Without `--config.file`, `--fastcgi.target`, `--discover.php-fpm` and `--compat` the program stands in for
`fastcgi-healthcheck`: these variables name one target, `default`, which is asked every second and is down at the
first failure. An empty variable is as good as none. With one of the flags they are ignored, with a warning.

)";

constexpr std::string_view kHipages = R"(
## `--compat=hipages`

With this flag, or one of these variables but the last, and without `--config.file`, `--fastcgi.target` and
`--discover.php-fpm`, the program stands in for `hipages/php-fpm_exporter`: each scrape URI is a target, its status
page is asked every 5 s, and the metrics page has that exporter's names, too. Flags go before variables.

)";

// A cell of a Markdown table; "|" would end it.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string code(std::string_view text) {
  return text.empty() ? "" : "`" + std::string(text) + "`";
}

// Defaults that are values stand as code; "required", "none" and the derived ones are prose.
std::string default_cell(std::string_view text) {
  const bool is_prose = text == "required" || text == "none" || text.starts_with("the ");
  return is_prose ? std::string(text) : code(text);
}

void append_rows(std::string& out, const ReferenceTable& table) {
  out += "| key | value | default | meaning |\n|---|---|---|---|\n";
  for (const ReferenceRow& row : table.rows) {
    out += "| " + code(row.key) + " | " + cell(row.type) + " | " +
           cell(default_cell(row.default_text)) + " | " + cell(row.meaning) + " |\n";
  }
}

void append_table(std::string& out, const ReferenceTable& table) {
  out += table.path.empty() ? "\n## The file\n\n" : "\n## " + code(table.path) + "\n\n";
  append_rows(out, table);
}

void append_variables(std::string& out, const std::vector<Variable>& variables) {
  out += "| variable | default | meaning |\n|---|---|---|\n";
  for (const Variable& variable : variables) {
    out += "| " + code(variable.name) + " | " + code(variable.default_text) + " | " +
           cell(variable.meaning) + " |\n";
  }
}

}  // namespace

std::string config_reference() {
  std::string out(kIntroduction);
  for (const ReferenceTable& table : describe_config()) append_table(out, table);
  out += kDiscovery;
  std::vector<ReferenceTable> groups;
  describe_target_file(groups);
  append_rows(out, groups.front());
  out += kSeedMode;
  append_variables(out, seed_variables());
  out += kHipages;
  append_variables(out, hipages_variables());
  return out;
}

}  // namespace config
