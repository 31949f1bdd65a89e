package io.loop;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// The thread on which a runner's loop runs while the runner's caller waits.
///
/// A separate thread holds no monitors, even if the caller does. JDK 25 treats a monitor held by
/// the thread that mounts virtual threads as if a virtual thread held it. A separate thread also
/// lets the caller be interrupted, or be a virtual thread.
final class RunnerThread implements AutoCloseable {

  private final ExecutorService executor =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform()
              .daemon() // the caller's thread keeps the JVM alive, unless it is a daemon
              .name("loop")
              .factory());

  /// Runs `work` on the thread, and waits until it finishes even if the caller is interrupted.
  ///
  /// Throws whatever the work threw: the same object, undeclared.
  ///
  /// @param work what to run
  /// @param onInterrupt what to run on the caller's thread each time the caller is interrupted
  /// @param <T> the type of the result
  /// @return its result; the caller's interrupt status is cleared
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
