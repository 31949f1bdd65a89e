package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.report.FiguresProfiler;
import java.util.HashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

class EchoBenchmarkTest {

  @Test
  @Tag("slow")
  @Timeout(value = 5, unit = TimeUnit.MINUTES) // it starts four JVMs
  void streamsBuffers_besideRawNetty_hasTheFiguresOfTheReport() throws RunnerException {
    var options =
        new OptionsBuilder()
            .include("EchoBenchmark.streamsBuffers$")
            .mode(Mode.SingleShotTime)
            .forks(0)
            .warmupIterations(0)
            .measurementIterations(1)
            .param("transport", "nio")
            .param("connections", "10")
            .param("size", "64")
            .param("inFlight", "16")
            .param("messages", "500")
            .param("warmUps", "1")
            .param("memory", "-XX:+UseSerialGC -Xmx64m -XX:TieredStopAtLevel=1")
            .addProfiler(FiguresProfiler.class)
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT)
            .build();

    var figures = new HashMap<String, Double>();
    RunResult result = new Runner(options).run().iterator().next();
    result.getSecondaryResults().forEach((name, figure) -> figures.put(name, figure.getScore()));

    double cpu = figures.getOrDefault("cpu", Double.NaN);
    double rawNettyCpu = figures.getOrDefault("rawNettyCpu", Double.NaN);
    assertThat(figures)
        .containsKeys("wall", "cpu", "p50", "p99", "rawNettyCpu", "rawNettyP99", "p99Ratio")
        .allSatisfy((name, value) -> assertThat(value).as(name).isPositive())
        .containsEntry("cpuRatio", cpu / rawNettyCpu);
  }
}
