package io.loop.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.sync.CarrierBenchmark;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

class OneLoopTest {

  /// On the thread of the test: the time-out runs it on another than its fixture.
  private static void withLoop(Consumer<OneLoop> test) {
    var loop = new OneLoop();
    try {
      test.accept(loop);
    } finally {
      loop.close();
    }
  }

  @Test
  void run_body_mayAwaitAndIsOver() {
    withLoop(loop -> {
      List<Loop> seen = new ArrayList<>();

      loop.run(() -> {
        Asyncio.sleep(Duration.ZERO);
        seen.add(Loop.running());
      });

      assertThat(seen).containsExactly(loop.loop());
    });
  }

  @Test
  void run_failure_isThrown() {
    var failure = new IOException("on purpose");

    withLoop(loop ->
        assertThatThrownBy(() ->
                loop.run(() -> {
                  throw failure;
                }))
            .isSameAs(failure));
  }

  @Test
  @Tag("slow")
  void fork_withTheFlagsOfLoopBenchmark_runs() throws RunnerException {
    var log = new ByteArrayOutputStream();

    assertThat(new Runner(oneShot().build(), format(log)).run())
        .as(log.toString(StandardCharsets.UTF_8))
        .hasSize(1);
  }

  @Test
  @Tag("slow")
  void fork_withoutTheFlags_failsAndSaysWhy() {
    var log = new ByteArrayOutputStream();
    var options = oneShot().jvmArgsAppend("--sun-misc-unsafe-memory-access=allow").build();

    assertThatThrownBy(() -> new Runner(options, format(log)).run())
        .isInstanceOf(RunnerException.class);
    assertThat(log.toString(StandardCharsets.UTF_8)).contains("replace the flags of LoopBenchmark");
  }

  private static ChainedOptionsBuilder oneShot() {
    return new OptionsBuilder()
        .include("^" + CarrierBenchmark.class.getName() + ".taskOnLoop$")
        .mode(Mode.SingleShotTime)
        .forks(1)
        .jvmArgsPrepend("-Xmx256m")
        .jvmArgs("-XX:TieredStopAtLevel=1") // or the fork would get the flags of this JVM
        .warmupIterations(0)
        .measurementIterations(1)
        .shouldFailOnError(true);
  }

  private static OutputFormat format(ByteArrayOutputStream log) {
    return OutputFormatFactory.createFormatInstance(
        new PrintStream(log, true, StandardCharsets.UTF_8), VerboseMode.NORMAL);
  }
}
