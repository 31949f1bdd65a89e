package io.loop.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.task.Coro;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// What the tests of children share.
final class TestChildren {

  static final Duration PATIENCE = Duration.ofSeconds(30);

  private TestChildren() {}

  /// Runs a body, with a limit that only a standstill reaches.
  static void run(Coro.Action body) {
    Asyncio.run(
        () ->
            Asyncio.timeout(
                PATIENCE,
                _ -> {
                  body.run();
                  return true;
                }),
        Runner.Options.DEFAULT.withoutSignals());
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /// Waits until no child, dead or alive, and no thread of ours is left behind.
  static void awaitNoneLeft() throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!left().isEmpty() && System.nanoTime() < deadline) {
      Thread.sleep(5);
    }
    assertThat(left()).isEmpty();
  }

  static List<String> left() {
    var children = ProcessHandle.current().children().map(child -> "child " + child.pid());
    return Stream.concat(threads(), children).toList();
  }

  /// {@return the names of our threads, one for each}
  static Stream<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter("loop-subprocess"::equals);
  }

  /// Waits until the thread of some pipe is in one of some methods, seen twice in case it only
  /// passes.
  static void untilAPipeWaitsIn(String... methods) {
    for (int seen = 0; seen < 2; seen = isAPipeIn(Set.of(methods)) ? seen + 1 : 0) {
      Asyncio.sleep(Duration.ofMillis(1));
    }
  }

  private static boolean isAPipeIn(Set<String> methods) {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(thread -> thread.getKey().getName().equals("loop-subprocess"))
        .flatMap(thread -> Stream.of(thread.getValue()))
        .anyMatch(frame -> methods.contains(frame.getMethodName()));
  }

  /// Kills a process that a child has left behind.
  static void killLeftBehind(long pid) {
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
  }

  /// {@return whether a process runs} One that has ended may wait for a process 1 that takes no
  /// notice of it; that counts as ended. Linux only.
  static boolean isAlive(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException gone) {
      return false;
    }
  }
}
