// prometheus-cpp's metric families as text on our own writer: exact numbers, canonical bounds, both
// formats, and a given order kept (its own TextSerializer has none of these). Pure.
#pragma once

#include <prometheus/metric_family.h>
#include <prometheus/serializer.h>

#include <iosfwd>
#include <vector>

#include "exposition/writer.h"

namespace metrics {

exposition::MetricType type_of(const prometheus::MetricFamily& family);

// Without the end of the page. Sample timestamps are left out: Prometheus' staleness works only
// without them.
void write_families(const std::vector<prometheus::MetricFamily>& families,
                    exposition::Writer& writer);

class Serializer : public prometheus::Serializer {
 public:
  explicit Serializer(exposition::Format format) : format_(format) {}

  using prometheus::Serializer::Serialize;
  void Serialize(std::ostream& out,
                 const std::vector<prometheus::MetricFamily>& families) const override;

 private:
  const exposition::Format format_;
};

}  // namespace metrics
