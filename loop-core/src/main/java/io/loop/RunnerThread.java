package io.loop;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// The thread on which a runner's loop runs, while the runner's caller waits for it.
///
/// A thread of its own holds no monitor, whatever the caller holds: on JDK 25 a monitor that is
/// held by the thread that mounts virtual threads is taken for one of theirs. And the caller can be
/// interrupted, or be a virtual thread.
final class RunnerThread implements AutoCloseable {

  private final ExecutorService executor =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform()
              .daemon() // the caller's thread keeps the JVM alive, if it is one that does
              .name("loop")
              .factory());

  /// Runs something on the thread, and waits for its end, also if the caller is interrupted.
  ///
  /// Throws what it threw, the very object, undeclared.
  ///
  /// @param work what to run
  /// @param onInterrupt what to do at each interrupt of the caller, on the caller's thread
  /// @param <T> the type of the result
  /// @return its result; the caller's interrupt is taken off
  <T extends @Nullable Object> T call(Callable<T> work, Runnable onInterrupt) {
    Future<T> result = executor.submit(work);
    while (true) {
      try {
        return result.get();
      } catch (InterruptedException interrupted) {
        onInterrupt.run();
      } catch (ExecutionException failed) {
        throw RunnerThread.<Error>sneak(failed.getCause());
      }
    }
  }

  @Override
  public void close() {
    executor.shutdown();
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // erased: nothing is cast
  private static <X extends Throwable> X sneak(@Nullable Throwable fault) throws X {
    throw (X) fault;
  }
}
