// A peer of the metrics page: client_golang's registry with the very series of a page of ours, gathered and encoded.
// Usage: page PAGE RUNS; PAGE is a file in text format 0.0.4. Prints a line of JSON: the series, the bytes of the page
// and the CPU seconds of each run, the garbage collector's included.
package main

import (
	"encoding/json"
	"log"
	"math"
	"os"
	"strconv"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

type counting struct{ bytes int }

func (c *counting) Write(p []byte) (int, error) {
	c.bytes += len(p)
	return len(p), nil
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func namesAndValues(metric *dto.Metric) (names []string, values []string) {
	for _, pair := range metric.Label {
		names = append(names, pair.GetName())
		values = append(values, pair.GetValue())
	}
	return
}

// The same bounds, and as many observations in each bucket: at most a few.
func fill(observer prometheus.Observer, histogram *dto.Histogram) {
	seen := uint64(0)
	for _, bucket := range histogram.Bucket {
		for ; seen < bucket.GetCumulativeCount(); seen++ {
			observer.Observe(math.Min(bucket.GetUpperBound(), 1e9))
		}
	}
}

func boundsOf(histogram *dto.Histogram) (bounds []float64) {
	for _, bucket := range histogram.Bucket {
		if !math.IsInf(bucket.GetUpperBound(), 1) {
			bounds = append(bounds, bucket.GetUpperBound())
		}
	}
	return
}

func register(registry *prometheus.Registry, name string, family *dto.MetricFamily) (series int) {
	names, _ := namesAndValues(family.Metric[0])
	switch family.GetType() {
	case dto.MetricType_HISTOGRAM:
		bounds := boundsOf(family.Metric[0].Histogram)
		vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: family.GetHelp(), Buckets: bounds}, names)
		registry.MustRegister(vec)
		for _, metric := range family.Metric {
			_, values := namesAndValues(metric)
			fill(vec.WithLabelValues(values...), metric.Histogram)
			series += len(bounds) + 3
		}
	case dto.MetricType_COUNTER:
		vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: family.GetHelp()}, names)
		registry.MustRegister(vec)
		for _, metric := range family.Metric {
			_, values := namesAndValues(metric)
			vec.WithLabelValues(values...).Add(metric.Counter.GetValue())
			series++
		}
	default:
		vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: family.GetHelp()}, names)
		registry.MustRegister(vec)
		for _, metric := range family.Metric {
			_, values := namesAndValues(metric)
			vec.WithLabelValues(values...).Set(metric.GetGauge().GetValue())
			series++
		}
	}
	return
}

func cpuSeconds() float64 {
	var used syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}

func render(registry *prometheus.Registry) int {
	families, err := registry.Gather()
	must(err)
	var out counting
	encoder := expfmt.NewEncoder(&out, expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, family := range families {
		must(encoder.Encode(family))
	}
	return out.bytes
}

func main() {
	file, err := os.Open(os.Args[1])
	must(err)
	runs, err := strconv.Atoi(os.Args[2])
	must(err)
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(file)
	must(err)
	registry := prometheus.NewRegistry()
	series := 0
	for name, family := range families {
		series += register(registry, name, family)
	}
	families = nil
	bytes := render(registry) // once unmeasured, as every program's first
	var seconds []float64
	for run := 0; run < runs; run++ {
		before := cpuSeconds()
		render(registry)
		seconds = append(seconds, cpuSeconds()-before)
	}
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{"series": series, "bytes": bytes, "cpu_seconds": seconds}))
}
