package io.loop.testing;

import io.loop.task.Coro;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// Platform threads for tests, whose failures reach the test.
public final class Threads {

  private Threads() {}

  /// Runs an action on a thread of its own to its end, and throws what it threw.
  public static void onThread(Coro.Action action) {
    join(start(action));
  }

  /// {@return what is completed when an action has run on a thread of its own}
  public static CompletableFuture<Void> start(Coro.Action action) {
    var ended = new CompletableFuture<Void>();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            action.run();
            ended.complete(null);
          } catch (Throwable fault) {
            ended.completeExceptionally(fault);
          }
        });
    return ended;
  }

  /// Waits for the end of a thread, and throws what it threw.
  public static void join(CompletableFuture<Void> ended) {
    Throwable fault = ended.orTimeout(30, TimeUnit.SECONDS).handle((_, thrown) -> thrown).join();
    if (fault != null) {
      throw Threads.<Error>sneak(fault);
    }
  }

  /// {@return whether a thread is blocked in some call}
  public static boolean isWaiting(Thread thread) {
    return switch (thread.getState()) {
      case WAITING, TIMED_WAITING, BLOCKED -> true;
      default -> false;
    };
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // erased: nothing is cast
  private static <X extends Throwable> X sneak(Throwable fault) throws X {
    throw (X) fault;
  }
}
