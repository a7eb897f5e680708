#include "metrics/page.h"

#include "metrics/exporter_metrics.h"
#include "metrics/hipages_metrics.h"
#include "metrics/process_metrics.h"
#include "metrics/script_metrics.h"
#include "metrics/serializer.h"
#include "metrics/target_metrics.h"

namespace metrics {
namespace {

class NoSink : public exposition::Sink {
 public:
  void take(std::string&& /*chunk*/) override {}
};

}  // namespace

PageSize write_page(const PageInput& input, exposition::Format format, exposition::Sink& sink) {
  exposition::Writer writer(format, sink);
  const FleetView fleet(input.targets, input.now);
  if (input.compat != Compat::none && format == exposition::Format::text_0_0_4) {
    write_hipages_metrics(fleet.targets(), input.compat, writer);
  }
  write_target_metrics(fleet.targets(), input.detail, writer);
  const FleetNumbers numbers{
      .targets = fleet.targets().size(),
      .script_series_refused = write_script_metrics(fleet.targets(), writer)};
  write_families(exporter_families(numbers, input.vitals, input.readings), writer);
  write_families(process_families(parse_process(read_process(), process_units())), writer);
  writer.finish();
  return {.series = writer.samples(), .refused_lines = writer.refused_lines()};
}

std::uint64_t count_series(const PageInput& input) {
  NoSink nowhere;
  return write_page(input, exposition::Format::text_0_0_4, nowhere).series;
}

}  // namespace metrics
