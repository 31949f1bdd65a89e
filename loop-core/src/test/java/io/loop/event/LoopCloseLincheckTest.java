package io.loop.event;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A loop that is closed takes nothing any more, and until then everything, whoever submits
/// meanwhile.
@Tag("lincheck")
public class LoopCloseLincheckTest {

  private static final int ITERATIONS = Integer.getInteger("io.loop.lincheck.iterations", 10);
  private static final int INVOCATIONS = 100;

  private final Loop loop = Loop.create(new ParkPoller());

  /// Any thread.
  @Operation
  public boolean submit() {
    try {
      loop.callSoonThreadsafe(() -> {});
      return true;
    } catch (IllegalStateException closed) {
      return false;
    }
  }

  @Operation(nonParallelGroup = "loop")
  public void close() {
    loop.close();
  }

  @Operation(nonParallelGroup = "loop")
  public boolean isClosed() {
    return loop.isClosed();
  }

  @Test
  void close_againstSubmissions_isLinearizable() {
    new ModelCheckingOptions()
        .iterations(ITERATIONS)
        .invocationsPerIteration(INVOCATIONS)
        .threads(3)
        .actorsPerThread(2)
        .loopBound(1_000) // closing looks at every slot of the wheel
        .loopIterationsBeforeThreadSwitch(1_000)
        .check(LoopCloseLincheckTest.class);
  }
}
