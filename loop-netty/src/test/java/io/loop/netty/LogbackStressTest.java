package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeAndTimeBasedRollingPolicy;
import ch.qos.logback.core.util.FileSize;
import io.loop.task.Coro;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Coroutines, callbacks, handlers and other threads log through Logback.
final class LogbackStressTest extends OnNetty {

  /// Small, so that files roll often.
  private static final int FILE_SIZE = 2_048;

  /// Where the lines go.
  enum Output {
    FILE {
      @Override
      Appender<ILoggingEvent> open(LoggerContext context, Path folder) {
        return file(context, folder);
      }
    },
    CONSOLE {
      @Override
      Appender<ILoggingEvent> open(LoggerContext context, Path folder) throws IOException {
        var appender = new OutputStreamAppender<ILoggingEvent>();
        appender.setContext(context);
        appender.setEncoder(encoder(context));
        appender.setOutputStream(
            new PrintStream(Files.newOutputStream(folder.resolve("log")), true));
        appender.start();
        return appender;
      }
    },
    ROLLING {
      @Override
      Appender<ILoggingEvent> open(LoggerContext context, Path folder) {
        var appender = new RollingFileAppender<ILoggingEvent>();
        appender.setContext(context);
        appender.setEncoder(encoder(context));
        appender.setFile(folder.resolve("log").toString());
        var rolling = new SizeAndTimeBasedRollingPolicy<ILoggingEvent>();
        rolling.setContext(context);
        rolling.setParent(appender);
        rolling.setFileNamePattern(folder.resolve("log.%d.%i").toString());
        rolling.setMaxFileSize(new FileSize(FILE_SIZE));
        rolling.start();
        appender.setRollingPolicy(rolling);
        appender.start();
        return appender;
      }
    },
    /// Its queue is small, so that those who log wait for room.
    ASYNC {
      @Override
      Appender<ILoggingEvent> open(LoggerContext context, Path folder) {
        var appender = new AsyncAppender();
        appender.setContext(context);
        appender.setQueueSize(4);
        appender.setDiscardingThreshold(0);
        appender.setMaxFlushTime(0); // writes all that is queued when it is stopped
        appender.addAppender(file(context, folder));
        appender.start();
        return appender;
      }
    };

    abstract Appender<ILoggingEvent> open(LoggerContext context, Path folder) throws IOException;

    private static Appender<ILoggingEvent> file(LoggerContext context, Path folder) {
      var appender = new FileAppender<ILoggingEvent>();
      appender.setContext(context);
      appender.setEncoder(encoder(context));
      appender.setFile(folder.resolve("log").toString());
      appender.start();
      return appender;
    }

    private static PatternLayoutEncoder encoder(LoggerContext context) {
      var encoder = new PatternLayoutEncoder();
      encoder.setContext(context);
      encoder.setPattern("%d %-5level [%thread] %logger: %msg%n");
      encoder.start();
      return encoder;
    }
  }

  static Stream<Arguments> outputsAndKinds() {
    return Stream.of(Output.values())
        .flatMap(output -> LoopKind.all().map(kind -> Arguments.of(output, kind)));
  }

  @ParameterizedTest
  @MethodSource("outputsAndKinds")
  void log_fromEverywhere_isWhole(Output output, LoopKind kind, @TempDir Path folder)
      throws IOException {
    var context = new LoggerContext();
    context.setMDCAdapter(new LogbackMDCAdapter());
    Logger logger = context.getLogger("stress");
    logger.addAppender(output.open(context, folder));
    var logged = new AtomicInteger();
    Coro.Action log =
        () -> {
          logger.info("a line");
          logged.incrementAndGet();
        };
    try (var stress = new Stress(LoopKind.count())) {
      kind.run(loops -> {
        stress.thread(log);
        for (int i = 0; i < 3; i++) {
          stress.coroutine(log);
        }
        stress.callback(log);
        stress.handler(kind, loops, log);
        stress.finish();
      });
    }
    context.stop();

    assertThat(context.getStatusManager().getCopyOfStatusList())
        .allMatch(status -> status.getThrowable() == null);
    assertThat(lines(folder)).isEqualTo(logged.get());
  }

  private static long lines(Path folder) throws IOException {
    long lines = 0;
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        lines += Files.readAllLines(file).size();
      }
    }
    return lines;
  }
}
