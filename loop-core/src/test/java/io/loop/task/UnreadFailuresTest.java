package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.ExceptionContext;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.io.Serial;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

final class UnreadFailuresTest {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final ManualLoop manual = new ManualLoop();
  private final List<ExceptionContext> reports = new ArrayList<>();
  private final IOException fault = new IOException("gone");

  UnreadFailuresTest() {
    manual.loop().setExceptionHandler((_, report) -> reports.add(report));
  }

  @AfterEach
  void close() {
    manual.close();
  }

  private LoopFuture<String> failed() {
    var future = new LoopFuture<String>(manual.loop());
    future.setException(fault);
    return future;
  }

  @Test
  void unread_whenTheLoopCloses_isReportedOnce() {
    failed();

    manual.close();

    assertThat(reports).hasSize(1);
    assertThat(reports.getFirst().message()).isEqualTo("LoopFuture exception was never retrieved");
    assertThat(reports.getFirst().exception()).isSameAs(fault);
    assertThat(reports.getFirst().details()).containsOnlyKeys("future");
  }

  @Test
  void unread_failedTask_isReportedAsATask() {
    manual.run(() -> {
      createTask(() -> {
        throw fault;
      });
      sleep(TICK);
    });

    manual.close();

    assertThat(reports)
        .extracting(ExceptionContext::message)
        .containsExactly("Task exception was never retrieved");
  }

  @Test
  @Tag("slow")
  void unread_whenItIsCollected_isReported() {
    failed();

    collectUntil(() -> {
      manual.tick();
      return !reports.isEmpty();
    });
    manual.close();

    assertThat(reports).extracting(ExceptionContext::exception).containsExactly(fault);
  }

  private static final class Holding extends IOException {
    @Serial private static final long serialVersionUID = 1;

    private final transient LoopFuture<?> future;

    Holding(LoopFuture<?> future) {
      this.future = future;
    }
  }

  private WeakReference<LoopFuture<?>> failedWithWhatHoldsIt() {
    var future = new LoopFuture<String>(manual.loop());
    var holding = new Holding(future);
    holding.future.setException(holding);
    return new WeakReference<>(future);
  }

  @Test
  @Tag("slow")
  void close_failureThatHoldsItsFuture_letsGoOfBoth() {
    WeakReference<LoopFuture<?>> future = failedWithWhatHoldsIt();

    manual.close();
    reports.clear();

    collectUntil(() -> future.get() == null);
    assertThat(future.get()).isNull();
  }

  /// Has garbage collected until something holds, half a minute at most.
  private static void collectUntil(BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean() && System.nanoTime() - end < 0) {
      System.gc();
      LockSupport.parkNanos(10_000_000); // the cleaner has a thread of its own
    }
  }

  @Test
  void result_read_isNotReported() {
    assertSilencedBy(future -> assertThatThrownBy(future::result).isSameAs(fault));
  }

  @Test
  void exception_read_isNotReported() {
    assertSilencedBy(LoopFuture::exception);
  }

  @Test
  void cancel_ofTheFailed_silencesIt() {
    assertSilencedBy(LoopFuture::cancel);
  }

  @Test
  void await_read_isNotReported() {
    assertSilencedBy(future ->
        manual.run(() -> {
          assertThatThrownBy(future::await).isSameAs(fault);
        }));
  }

  @Test
  void await_pendingAndThenFailed_isNotReported() {
    var future = new LoopFuture<String>(manual.loop());
    manual.run(() -> {
      manual.loop().callSoon(() -> future.setException(fault));
      assertThatThrownBy(future::await).isSameAs(fault);
    });

    manual.close();

    assertThat(reports).isEmpty();
  }

  private void assertSilencedBy(Consumer<LoopFuture<String>> reading) {
    LoopFuture<String> future = failed();

    reading.accept(future);
    manual.close();

    assertThat(reports).isEmpty();
  }

  @Test
  void result_andCancelled_areNotReported() {
    new LoopFuture<String>(manual.loop()).setResult("x");
    new LoopFuture<String>(manual.loop()).cancel();

    manual.close();

    assertThat(reports).isEmpty();
  }

  @Test
  void unread_thenCallbackWithoutReading_isReported() {
    var future = new LoopFuture<String>(manual.loop());
    future.addDoneCallback(LoopFuture::isDone);
    future.setException(fault);
    manual.tick();

    manual.close();

    assertThat(reports).hasSize(1);
  }

  /// Says who asks for its text, and how often.
  private static final class Talking extends IOException {
    @Serial private static final long serialVersionUID = 1;

    private int asked;

    @Override
    public String toString() {
      asked++;
      return "talking";
    }

    @Override
    public String getMessage() {
      asked++;
      return "talking";
    }
  }

  @Test
  void setException_anyFailure_doesNotAskForItsText() {
    var talking = new Talking();
    new LoopFuture<String>(manual.loop()).setException(talking);

    assertThat(talking.asked).isZero();
    manual.close();
    assertThat(reports.getFirst().details().get("future"))
        .hasToString("<LoopFuture finished exception=talking>");
  }

  @Test
  void failingTask_bodyWithATextOfItsOwn_isNotAskedForIt() {
    var body =
        new Coro<String>() {
          private int asked;

          @Override
          public String run() throws IOException {
            throw fault;
          }

          @Override
          public String toString() {
            asked++;
            return "body";
          }
        };
    manual.run(() -> {
      Task.create(manual.loop(), body, TaskOptions.named("failing"));
      sleep(TICK);
    });

    manual.close();

    assertThat(reports.getFirst().details().get("future").toString())
        .startsWith("<Task finished exception=java.io.IOException: gone name='failing' coro=<")
        .contains("UnreadFailuresTest");
    assertThat(body.asked).isZero();
  }

  @Test
  void unread_failedTaskOfALambda_isReportedWithTheClassItStandsIn() {
    manual.run(() -> {
      createTask(() -> {
        throw fault;
      });
      sleep(TICK);
    });

    manual.close();

    assertThat(reports.getFirst().details().get("future").toString())
        .contains("coro=<UnreadFailuresTest lambda>");
  }
}
