package io.loop.event;

import java.util.ArrayList;
import java.util.List;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// The inbox is linearizable: whatever the interleaving, it behaves as a list under one lock would.
///
/// The operations below are what Lincheck combines into programs; one thread at a time is the
/// loop's, any thread adds.
@Tag("lincheck")
public class InboxLincheckTest {

  private static final int ITERATIONS = Integer.getInteger("io.loop.lincheck.iterations", 10);
  private static final int INVOCATIONS = 100;
  private static final Loop LOOP = Loop.create(new ParkPoller());

  private final Inbox inbox = new Inbox(LOOP);
  private final ReadyQueue ready = new ReadyQueue();
  private final List<Integer> ran = new ArrayList<>();

  /// Any thread.
  @Operation
  public boolean add(int value) {
    return inbox.add(new SharedHandle(LOOP, () -> ran.add(value), null));
  }

  @Operation(nonParallelGroup = "loop")
  public List<Integer> drain() {
    ran.clear();
    inbox.drainTo(ready);
    for (Handle handle; (handle = ready.poll()) != null; ) {
      Handles.run(handle);
    }
    return List.copyOf(ran);
  }

  @Operation(nonParallelGroup = "loop")
  public boolean isEmpty() {
    return inbox.isEmpty();
  }

  @Operation(nonParallelGroup = "loop")
  public void close() {
    inbox.closeInto(ready);
  }

  @Test
  void inbox_underTheModelChecker_isLinearizable() {
    new ModelCheckingOptions()
        .iterations(ITERATIONS)
        .invocationsPerIteration(INVOCATIONS)
        .threads(3)
        .actorsPerThread(2)
        .check(InboxLincheckTest.class);
  }
}
