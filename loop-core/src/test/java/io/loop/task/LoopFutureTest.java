package io.loop.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.testing.ManualLoop;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class LoopFutureTest extends LoopFutureFixture {

  @Test
  void newFuture_isPending() {
    assertThat(future.isDone()).isFalse();
    assertThat(future.isCancelled()).isFalse();
    assertThat(future.getLoop()).isSameAs(manual.loop());
    assertThat(future).hasToString("<LoopFuture pending>");
  }

  @Test
  void newFuture_outsideALoop_isRefused() {
    assertThatThrownBy(LoopFuture::new)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no running event loop");
  }

  @Test
  void setResult_pending_settles() {
    future.setResult("value");

    assertThat(future.isDone()).isTrue();
    assertThat(future.isCancelled()).isFalse();
    assertThat(future.result()).isEqualTo("value");
    assertThat(future.exception()).isNull();
  }

  @Test
  void setResult_null_settles() {
    future.setResult(null);

    assertThat(future.isDone()).isTrue();
    assertThat(future.result()).isNull();
  }

  @Test
  void setResult_twice_isRefused() {
    future.setResult("first");

    assertThatThrownBy(() -> future.setResult("second")).isInstanceOf(InvalidStateException.class);
    assertThat(future.result()).isEqualTo("first");
  }

  @Test
  void setResult_afterCancel_isRefused() {
    future.cancel();

    assertThatThrownBy(() -> future.setResult("late")).isInstanceOf(InvalidStateException.class);
  }

  @Test
  void setException_afterSetResult_isRefused() {
    future.setResult("first");

    assertThatThrownBy(() -> future.setException(new IOException()))
        .isInstanceOf(InvalidStateException.class);
  }

  @Test
  void setException_null_isRefusedAndLeavesItPending() {
    assertThatThrownBy(() -> future.setException(null)).isInstanceOf(NullPointerException.class);

    assertThat(future.isDone()).isFalse();
  }

  @Test
  void result_failed_throwsTheSameObjectEachTime() {
    var fault = new IOException("gone");
    future.setException(fault);

    assertThatThrownBy(future::result).isSameAs(fault);
    assertThatThrownBy(future::result).isSameAs(fault);
    assertThat(future.exception()).isSameAs(fault);
  }

  @Test
  void result_pending_isRefused() {
    assertThatThrownBy(future::result)
        .isInstanceOf(InvalidStateException.class)
        .hasMessage("Result is not ready.");
  }

  @Test
  void exception_pending_isRefused() {
    assertThatThrownBy(future::exception)
        .isInstanceOf(InvalidStateException.class)
        .hasMessage("Exception is not set.");
  }

  @Test
  void cancel_pending_settlesWithItsMessage() {
    boolean cancelled = future.cancel("why");

    assertThat(cancelled).isTrue();
    assertThat(future.isDone()).isTrue();
    assertThat(future.isCancelled()).isTrue();
    assertThatThrownBy(future::result).isInstanceOf(CancelledError.class).hasMessage("why");
    assertThatThrownBy(future::exception).isInstanceOf(CancelledError.class).hasMessage("why");
    assertThat(future).hasToString("<LoopFuture cancelled>");
  }

  @Test
  void cancel_done_returnsFalse() {
    future.setResult("value");

    assertThat(future.cancel()).isFalse();
    assertThat(future.isCancelled()).isFalse();
  }

  @Test
  void cancel_twice_returnsFalseTheSecondTime() {
    assertThat(future.cancel("first")).isTrue();
    assertThat(future.cancel("second")).isFalse();

    assertThatThrownBy(future::result).hasMessage("first");
  }

  @Test
  void await_done_doesNotSuspend() {
    manual.run(() -> {
      var done = new LoopFuture<String>();
      done.setResult("value");
      manual.loop().callSoon(() -> log.add("other"));

      log.add(done.await());
    });

    assertThat(log.getFirst()).isEqualTo("value");
  }

  @Test
  void await_failed_throwsTheVeryObject() {
    var fault = new IOException("gone");

    manual.run(() -> {
      var failed = new LoopFuture<String>();
      manual.loop().callSoon(() -> failed.setException(fault));

      assertThatThrownBy(failed::await).isSameAs(fault);
    });
  }

  @Test
  void await_withADeclaredException_throwsTheVeryObject() {
    var fault = new IOException("gone");

    manual.run(() -> {
      var failed = new LoopFuture<String>();
      failed.setException(fault);

      try {
        failed.await(IOException.class);
      } catch (IOException caught) {
        assertThat(caught).isSameAs(fault);
        log.add("caught");
      }
    });

    assertThat(log).containsExactly("caught");
  }

  @Test
  void await_cancelledMeanwhile_throwsWithTheMessage() {
    manual.run(() -> {
      var cancelled = new LoopFuture<String>();
      manual.loop().callSoon(() -> cancelled.cancel("why"));

      assertThatThrownBy(cancelled::await).isInstanceOf(CancelledError.class).hasMessage("why");
    });
  }

  @Test
  void await_futureOfAnotherLoop_isRefused() {
    try (var other = new ManualLoop()) {
      var foreign = new LoopFuture<String>(other.loop());

      manual.run(() ->
          assertThatThrownBy(foreign::await)
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("attached to a different loop"));
    }
  }

  @Test
  void settle_whenTheLoopIsClosed_tellsSo() {
    future.addDoneCallback(logging("called"));
    manual.close();

    assertThatThrownBy(() -> future.setResult("x"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Event loop is closed");
  }

  @Test
  void chain_ofAHundredThousandFutures_staysFlat() {
    LoopFuture<String> last = future;
    for (int i = 0; i < 100_000; i++) {
      var next = new LoopFuture<String>(manual.loop());
      last.addDoneCallback(done -> next.setResult(done.result()));
      last = next;
    }

    future.setResult("value");
    manual.runUntilIdle();

    assertThat(last.result()).isEqualTo("value");
  }

  @Test
  void toString_failed_namesTheFailure() {
    future.setException(new IOException("gone"));

    assertThat(future).hasToString("<LoopFuture finished exception=java.io.IOException: gone>");
  }
}
