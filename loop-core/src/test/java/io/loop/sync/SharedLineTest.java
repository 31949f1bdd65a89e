package io.loop.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

final class SharedLineTest {

  private final ReentrantLock lock = new ReentrantLock();
  private final SharedLine line = new SharedLine(lock, 0);

  private static SharedWaiter ofALoop(ManualLoop loop) {
    return loop.run(SharedWaiter::here);
  }

  /// What was unwound has left; this is for a waiter whose loop closed without unwinding it.
  @Test
  void wake_loopsAreClosed_theNextOneWhoCanRunGetsThePermit() throws Exception {
    var loop = new ManualLoop();
    SharedWaiter first = ofALoop(loop);
    SharedWaiter second = ofALoop(loop);
    SharedWaiter thread = SharedWaiter.here();
    line.join(first);
    line.join(second);
    line.join(thread);
    loop.close();

    line.wake(line.add());

    thread.await(Duration.ofSeconds(30));
    assertThat(line.use(first)).isFalse();
    assertThat(line.use(second)).isFalse();
    assertThat(line.use(thread)).isTrue();
    assertThat(line.waiting()).isZero();
    assertThat(line.free()).isZero();
  }

  @Test
  void wake_allLoopsAreClosed_thePermitIsFree() {
    var loop = new ManualLoop();
    line.join(ofALoop(loop));
    loop.close();

    line.wake(line.add());

    assertThat(line.free()).isEqualTo(1);
  }

  @Test
  void leave_twice_givesThePermitBackOnce() {
    SharedWaiter waiter = SharedWaiter.here();
    line.join(waiter);
    line.add();

    line.leave(waiter);
    line.leave(waiter);

    assertThat(line.free()).isEqualTo(1);
  }
}
