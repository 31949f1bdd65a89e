package io.loop.report;

import java.util.Collection;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.ScalarResult;

/// Makes the [Figures] of each iteration secondary results; `-prof io.loop.report.FiguresProfiler`.
public final class FiguresProfiler implements InternalProfiler {

  @Override
  public String getDescription() {
    return "figures that benchmarks set themselves";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    Figures.take();
  }

  @Override
  public Collection<ScalarResult> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    return Figures.take().entrySet().stream()
        .map(figure ->
            new ScalarResult(
                figure.getKey(),
                figure.getValue().value(),
                figure.getValue().unit(),
                AggregationPolicy.AVG))
        .toList();
  }
}
