package io.loop.testing;

import io.loop.event.Loop;
import org.junit.jupiter.api.Nested;

/// What coroutines must be able to do on every loop, on both carriers.
///
/// A test class for a kind of loop extends this and [LoopContract], and says how to make one. It
/// runs the contracts of all subjects.
public abstract class CoroutineContract {

  /// {@return a new loop, open and not running; the contract closes it}
  ///
  /// When it has nothing to do it must wait for other threads, for some seconds at least.
  protected abstract Loop newLoop();

  @Nested
  class Values extends CoroutineValuesContract {
    @Override
    Loop newLoop() {
      return CoroutineContract.this.newLoop();
    }
  }

  @Nested
  class Blocking extends CoroutineBlockingContract {
    @Override
    Loop newLoop() {
      return CoroutineContract.this.newLoop();
    }
  }

  @Nested
  class Awaiting extends CoroutineAwaitContract {
    @Override
    Loop newLoop() {
      return CoroutineContract.this.newLoop();
    }
  }

  @Nested
  class Interrupts extends CoroutineInterruptContract {
    @Override
    Loop newLoop() {
      return CoroutineContract.this.newLoop();
    }
  }

  @Nested
  class Closing extends CoroutineCloseContract {
    @Override
    Loop newLoop() {
      return CoroutineContract.this.newLoop();
    }
  }
}
