package io.loop.sync;

import io.loop.Asyncio;
import io.loop.benchmark.LoopBenchmark;
import io.loop.benchmark.OneLoop;
import io.loop.task.Coro;
import io.loop.task.DoneCallback;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// The cost of one of many waiters: of a future, a semaphore, a condition or an event.
///
/// The number of waiters should make no difference. But 100,000 suspended tasks do not fit into the
/// cache, and the garbage collector copies them. The peers show what that costs. Their tasks have a
/// future each and do not wait in a line: [#ownFuture] and [#ownFutureCancelled].
public class ManyWaitersBenchmark extends LoopBenchmark {

  private static final int OPERATIONS = 100_000;

  /// The number of simultaneous waiters.
  @State(Scope.Thread)
  public static class Crowd {
    @Param({"1000", "100000"})
    public int waiting;

    private final List<DoneCallback<LoopFuture<Crowd>>> callbacks = new ArrayList<>();
    private final List<Integer> order = new ArrayList<>();

    @Setup(Level.Trial)
    public void start() {
      for (int i = 0; i < waiting; i++) {
        int number = i;
        callbacks.add(_ -> order.add(number)); // a separate object, because it captures a variable
        order.add(i);
      }
      Collections.shuffle(order, new Random(1));
    }

    /// Starts the given number of waiters and wakes them, until enough have waited.
    void run(OneLoop loop, Coro.Action waiting, Consumer<List<Task<Void>>> letGo) {
      for (int done = 0; done < OPERATIONS; done += this.waiting) {
        loop.run(() -> {
          List<Task<Void>> tasks = new ArrayList<>(this.waiting);
          for (int i = 0; i < this.waiting; i++) {
            tasks.add(Asyncio.createTask(waiting));
          }
          Asyncio.sleep(Duration.ZERO);
          letGo.accept(tasks);
          Asyncio.wait(tasks);
        });
      }
    }
  }

  private static void cancelBackwards(List<Task<Void>> tasks) {
    for (Task<Void> task : tasks.reversed()) {
      task.cancel();
    }
  }

  /// One operation: a callback is added to a future, and removed later, in any order.
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void takeBack(OneLoop loop, Crowd crowd) {
    loop.runCallback(() -> {
      for (int done = 0; done < OPERATIONS; done += crowd.waiting) {
        var future = new LoopFuture<Crowd>(loop.loop());
        crowd.callbacks.forEach(future::addDoneCallback);
        for (int number : crowd.order) {
          future.removeDoneCallback(crowd.callbacks.get(number));
        }
      }
    });
  }

  /// One operation: a task waits for a future with others, and is cancelled, the last one first.
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void waitForOneFuture(OneLoop loop, Crowd crowd) {
    var future = new LoopFuture<Crowd>(loop.loop());
    crowd.run(loop, () -> Asyncio.wait(List.of(future)), ManyWaitersBenchmark::cancelBackwards);
  }

  /// One operation: a task waits for a permit, and gets the one that a release gives back. All
  /// releases come before the first of the tasks runs.
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void release(OneLoop loop, Crowd crowd) {
    var semaphore = new Semaphore(0);
    crowd.run(loop, semaphore::acquire, tasks -> tasks.forEach(_ -> semaphore.release()));
  }

  /// One operation: a task waits for a condition, and gets a signal. All signals come before the
  /// first of the tasks runs.
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void signal(OneLoop loop, Crowd crowd) {
    var condition = new Condition();
    crowd.run(
        loop,
        () -> condition.with(condition::await),
        tasks -> condition.with(() -> tasks.forEach(_ -> condition.signal())));
  }

  /// One operation: a task waits for its own future, and gets a result.
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void ownFuture(OneLoop loop, Crowd crowd) {
    List<LoopFuture<Crowd>> futures = new ArrayList<>();
    crowd.run(
        loop,
        () -> waitForOneOf(futures),
        _ -> {
          futures.forEach(future -> future.setResult(crowd));
          futures.clear();
        });
  }

  /// One operation: a task waits for its own future, and is cancelled, the last one first.
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void ownFutureCancelled(OneLoop loop, Crowd crowd) {
    List<LoopFuture<Crowd>> futures = new ArrayList<>();
    crowd.run(
        loop,
        () -> waitForOneOf(futures),
        tasks -> {
          cancelBackwards(tasks);
          futures.clear();
        });
  }

  private static void waitForOneOf(List<LoopFuture<Crowd>> futures) {
    var own = new LoopFuture<Crowd>();
    futures.add(own);
    own.await();
  }

  /// One operation: a task waits for an event, and is cancelled, the last one first.
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void cancel(OneLoop loop, Crowd crowd) {
    var event = new Event();
    crowd.run(loop, event::await, ManyWaitersBenchmark::cancelBackwards);
  }
}
