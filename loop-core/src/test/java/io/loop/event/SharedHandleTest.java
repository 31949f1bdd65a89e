package io.loop.event;

import static io.loop.testing.Threads.join;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class SharedHandleTest {

  private final Loop loop = Loop.create(new ParkPoller());

  // of a callback that runs until a test lets it end
  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch mayEnd = new CountDownLatch(1);
  private final AtomicBoolean over = new AtomicBoolean();

  @Test
  void run_cancelledBefore_doesNothing() {
    var ran = new AtomicBoolean();
    var handle = new SharedHandle(loop, () -> ran.set(true), null);

    handle.cancel();
    Handles.run(handle);

    assertThat(ran).isFalse();
    assertThat(handle.isCancelled()).isTrue();
  }

  /// Reports describe handles on other threads than those that cancel. Compiled code may read a
  /// field once although it says twice; FieldReadsTest checks what it says.
  @Test
  void describe_whileAnotherThreadCancels_findsTheOldOrTheNewCallback() {
    var described = new AtomicReference<SharedHandle>();
    var seen = new AtomicReference<SharedHandle>();
    var mayEnd = new AtomicBoolean();
    CompletableFuture<Void> describing =
        start(() -> {
          while (!mayEnd.get()) {
            SharedHandle handle = described.get();
            seen.set(handle);
            while (handle != null && described.get() == handle) {
              String _ = handle.describe();
            }
          }
        });

    for (int i = 0; i < 1_000; i++) {
      var handle = new SharedHandle(loop, new Named(), null);
      described.set(handle);
      while (seen.get() != handle && !describing.isDone()) {
        Thread.onSpinWait();
      }
      handle.cancel();
      described.set(null);
    }
    mayEnd.set(true);

    join(describing);
  }

  private record Named() implements Callback {
    @Override
    public void run() {}

    @Override
    public String toString() {
      return "named";
    }
  }

  @Test
  void cancel_insideItsOwnCallback_returns() {
    var handle = new AtomicReference<Handle>();
    handle.set(
        loop.callSoonThreadsafe(() -> {
          handle.get().cancel();
          loop.stop();
        }));

    loop.runForever();

    assertThat(handle.get().isCancelled()).isTrue();
  }

  @Test
  void cancel_afterItRan_returns() {
    var handle = new SharedHandle(loop, () -> {}, null);
    Handles.run(handle);

    handle.cancel();

    assertThat(handle.isCancelled()).isTrue();
  }

  @Test
  void cancel_whileItRunsElsewhere_returnsAfterwards() throws Exception {
    var handle = new SharedHandle(loop, this::runUntilItMayEnd, null);
    CompletableFuture<Void> running = start(handle::run);
    entered.await();

    List<CompletableFuture<Void>> cancelling = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      cancelling.add(
          start(() -> {
            handle.cancel();
            assertThat(over).isTrue();
          }));
    }
    assertThat(cancelling).noneMatch(CompletableFuture::isDone);
    mayEnd.countDown();

    cancelling.forEach(each -> join(each));
    join(running);
  }

  @Test
  void cancel_whileItFailsElsewhere_returnsAfterwards() throws Exception {
    var handle =
        new SharedHandle(
            loop,
            () -> {
              runUntilItMayEnd();
              throw new UnsupportedOperationException();
            },
            null);
    CompletableFuture<Void> running = start(handle::run);
    entered.await();
    CompletableFuture<Void> cancelling = start(handle::cancel);

    mayEnd.countDown();

    join(cancelling);
    assertThat(running.handle((_, fault) -> fault).join())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void cancel_ofAnInterruptedThread_waitsToo_andKeepsTheInterrupt() throws Exception {
    var handle = new SharedHandle(loop, this::runUntilItMayEnd, null);
    CompletableFuture<Void> running = start(handle::run);
    entered.await();
    CompletableFuture<Void> cancelling =
        start(() -> {
          Thread.currentThread().interrupt();
          handle.cancel();
          assertThat(over).isTrue();
          assertThat(Thread.interrupted()).isTrue();
        });

    mayEnd.countDown();

    join(cancelling);
    join(running);
  }

  private void runUntilItMayEnd() {
    entered.countDown();
    try {
      mayEnd.await();
    } catch (InterruptedException never) {
      throw new AssertionError(never);
    }
    over.set(true);
  }
}
