package io.loop.testing;

import io.loop.event.Loop;
import org.junit.jupiter.api.Nested;

/// What every loop must do, whatever drives it; what coroutines must be able to do on it is in
/// [CoroutineContract].
///
/// A test class for a kind of loop extends each and says how to make one. It runs the contracts of
/// all subjects.
public abstract class LoopContract {

  /// {@return a new loop, open and not running; the contract closes it}
  ///
  /// When it has nothing to do it must wait for other threads, for some seconds at least.
  protected abstract Loop newLoop();

  /// {@return whether the loop may run only on the thread where it first ran}
  protected boolean isBoundToItsThread() {
    return false;
  }

  @Nested
  class Scheduling extends LoopScheduleContract {
    @Override
    Loop newLoop() {
      return LoopContract.this.newLoop();
    }
  }

  @Nested
  class Running extends LoopRunContract {
    @Override
    Loop newLoop() {
      return LoopContract.this.newLoop();
    }

    @Override
    protected boolean isBoundToItsThread() {
      return LoopContract.this.isBoundToItsThread();
    }
  }

  @Nested
  class OtherThreads extends LoopThreadsafeContract {
    @Override
    Loop newLoop() {
      return LoopContract.this.newLoop();
    }
  }

  @Nested
  class Callbacks extends LoopCallbackContract {
    @Override
    Loop newLoop() {
      return LoopContract.this.newLoop();
    }
  }
}
