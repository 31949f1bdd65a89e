package io.loop.task;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/// Virtual threads on the JDK's own scheduler, as peers of tasks.
public final class JdkThreads {

  private JdkThreads() {}

  /// Runs bodies on a virtual thread each, and waits until all have ended.
  ///
  /// @param bodies what to run
  /// @throws Exception if one of them has failed, or the caller was interrupted
  public static void run(Coro.Action... bodies) throws Exception {
    run(List.of(bodies));
  }

  /// Runs one body on many virtual threads, and waits until all have ended.
  ///
  /// @param threads how many
  /// @param body what each of them runs
  /// @throws Exception if one of them has failed, or the caller was interrupted
  public static void runMany(int threads, Coro.Action body) throws Exception {
    run(Collections.nCopies(threads, body));
  }

  private static void run(List<Coro.Action> bodies) throws Exception {
    List<FutureTask<?>> running = new ArrayList<>();
    for (Coro.Action body : bodies) {
      var task = new FutureTask<@Nullable Void>(() -> Coro.of(body).run());
      Thread.startVirtualThread(task);
      running.add(task);
    }
    for (FutureTask<?> task : running) {
      task.get();
    }
  }
}
