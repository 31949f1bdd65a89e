package io.loop.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.task.LoopFuture;
import io.loop.testing.ManualLoop;
import java.io.Serial;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// What becomes of a failure that cannot be reported.
final class DroppedReportsTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  /// What there is too little of.
  static final List<Error> SHORTAGES =
      List.of(new OutOfMemoryError("test"), new StackOverflowError("test"));

  /// A log that fails for as long as there is a shortage.
  private static final class FailingLog extends Handler {
    private final Logger logger = Logger.getLogger("io.loop");
    private final List<String> messages = new ArrayList<>();
    private @Nullable Error shortage;
    private int asked;

    FailingLog() {
      setFormatter(new SimpleFormatter());
      logger.addHandler(this);
      logger.setUseParentHandlers(false);
    }

    @Override
    public void publish(LogRecord logged) {
      asked++;
      if (shortage != null) {
        throw shortage;
      }
      assertThat(getFormatter().format(logged)).isNotEmpty(); // as a console would
      messages.add(logged.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
      logger.setUseParentHandlers(true);
      logger.removeHandler(this);
    }
  }

  /// An exception that cannot be described.
  private static final class Speechless extends RuntimeException {
    @Serial private static final long serialVersionUID = 1;

    private final Error shortage;

    Speechless(Error shortage) {
      this.shortage = shortage;
    }

    @Override
    public String getMessage() {
      throw shortage;
    }

    @Override
    public String toString() {
      throw shortage;
    }
  }

  private final FailingLog log = new FailingLog();
  private final ManualLoop manual = new ManualLoop();
  private final Loop loop = manual.loop();
  private final List<String> ran = new ArrayList<>();
  private final List<ExceptionContext> reports = new ArrayList<>();
  private final RuntimeException first = new IllegalArgumentException("first");
  private final RuntimeException second = new IllegalArgumentException("second");

  @AfterEach
  void close() {
    log.shortage = null;
    manual.close();
    log.close();
  }

  private void failTwice() {
    loop.callSoon(() -> {
      throw first;
    });
    loop.callSoon(() -> {
      throw second;
    });
    loop.callSoon(() -> ran.add("next"));
    manual.tick();
    manual.tick();
  }

  @ParameterizedTest
  @FieldSource("SHORTAGES")
  void handlerAndLogThatFail_areToldLater(Error shortage) {
    log.shortage = shortage;
    loop.setExceptionHandler((_, _) -> {
      throw shortage;
    });

    failTwice();
    loop.setExceptionHandler((_, report) -> reports.add(report));
    manual.advance(SECOND);

    assertThat(ran).containsExactly("next");
    assertThat(reports).hasSize(1);
    assertThat(reports.getFirst().message()).startsWith("2 failures could not be reported");
    assertThat(reports.getFirst().exception()).isSameAs(first);
  }

  @ParameterizedTest
  @FieldSource("SHORTAGES")
  void logThatFails_isToldLater(Error shortage) {
    log.shortage = shortage;

    failTwice();
    log.shortage = null;
    manual.advance(SECOND);
    manual.advance(SECOND);

    assertThat(ran).containsExactly("next");
    assertThat(log.messages)
        .singleElement()
        .asString()
        .startsWith("2 failures could not be reported");
  }

  @ParameterizedTest
  @FieldSource("SHORTAGES")
  void logThatFails_whenTheLoopCloses_isTold(Error shortage) {
    log.shortage = shortage;
    failTwice();
    log.shortage = null;

    manual.close();

    assertThat(log.messages)
        .singleElement()
        .asString()
        .startsWith("2 failures could not be reported");
  }

  @ParameterizedTest
  @FieldSource("SHORTAGES")
  void logThatFails_isTriedOnceASecond(Error shortage) {
    log.shortage = shortage;
    failTwice();
    manual.tick();
    int before = log.asked;

    for (int i = 0; i < 100; i++) {
      manual.tick();
    }

    assertThat(log.asked).isEqualTo(before);
  }

  @ParameterizedTest
  @FieldSource("SHORTAGES")
  void exceptionWithoutAText_leavesALineAndTheLoopGoesOn(Error shortage) {
    loop.callSoon(() -> {
      throw new Speechless(shortage);
    });
    loop.callSoon(() -> ran.add("next"));

    manual.tick();

    assertThat(ran).containsExactly("next");
    assertThat(log.messages).containsExactly("Exception in default exception handler");
  }

  @ParameterizedTest
  @FieldSource("SHORTAGES")
  void callbackWithoutAText_isToldLater(Error shortage) {
    loop.callSoon(
        new Callback() {
          @Override
          public void run() {
            throw first;
          }

          @Override
          public String toString() {
            throw shortage;
          }
        });
    loop.callSoon(() -> ran.add("next"));

    manual.tick();
    manual.tick();

    assertThat(ran).containsExactly("next");
    assertThat(log.messages)
        .singleElement()
        .asString()
        .startsWith("1 failures could not be reported");
  }

  @ParameterizedTest
  @FieldSource("SHORTAGES")
  void slowCallbackWithoutAText_doesNotEndTheTick(Error shortage) {
    loop.setDebug(true);
    loop.setSlowCallbackDuration(Duration.ZERO);
    loop.callSoon(
        new Callback() {
          @Override
          public void run() {}

          @Override
          public String toString() {
            throw shortage;
          }
        });
    loop.callSoon(() -> ran.add("next"));

    manual.tick();

    assertThat(ran).containsExactly("next");
  }

  @ParameterizedTest
  @FieldSource("SHORTAGES")
  void unreadFailureWithoutAText_doesNotKeepTheLoopFromClosing(Error shortage) {
    manual.run(() -> {
      Asyncio.createTask(() -> {
        throw new Speechless(shortage);
      });
      Asyncio.sleep(Duration.ZERO);
    });
    new LoopFuture<String>(loop).setException(new Speechless(shortage));

    manual.close();

    assertThat(loop.isClosed()).isTrue();
    assertThat(log.messages).hasSize(2);
  }
}
