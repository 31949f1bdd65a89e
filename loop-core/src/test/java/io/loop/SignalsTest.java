package io.loop;

import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.KeyboardInterrupt;
import io.loop.event.SystemExit;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

final class SignalsTest {

  private static final Duration DAY = Duration.ofDays(1);

  private final List<String> log = new ArrayList<>();

  /// Sends this process a signal, which must be taken over, or the JVM ends.
  private static void raise(OsSignal signal) {
    try {
      Class<?> type = Class.forName("sun.misc.Signal");
      Object raised = type.getConstructor(String.class).newInstance(signal.name());
      type.getMethod("raise", type).invoke(null, raised);
    } catch (ReflectiveOperationException fault) {
      throw new LinkageError(fault.getMessage(), fault);
    }
  }

  @Test
  void interrupt_whileMainRuns_cancelsItAndThrowsKeyboardInterrupt() {
    assertThatThrownBy(() ->
            Asyncio.run(() -> {
              try {
                raise(OsSignal.INT);
                sleep(DAY);
              } finally {
                log.add("cleaned up");
              }
            }))
        .isInstanceOf(KeyboardInterrupt.class)
        .hasCauseInstanceOf(CancelledError.class);
    assertThat(log).containsExactly("cleaned up");
  }

  @Test
  void terminate_whileMainRuns_cancelsItAndThrowsSystemExit() {
    assertThatThrownBy(() ->
            Asyncio.run(() -> {
              raise(OsSignal.TERM);
              sleep(DAY);
            }))
        .isInstanceOfSatisfying(SystemExit.class, exit -> assertThat(exit.code()).isEqualTo(143));
  }

  @Test
  void interrupt_declinedByMain_letsItGoOn() {
    int result =
        Asyncio.run(() -> {
          try {
            raise(OsSignal.INT);
            sleep(DAY);
          } catch (CancelledError declined) {
            Task.current().uncancel();
          }
          return 7;
        });

    assertThat(result).isEqualTo(7);
  }

  @Test
  void interrupt_andAnotherCancellation_staysACancellation() {
    assertThatThrownBy(() ->
            Asyncio.run(() -> {
              Task.current().cancel("other");
              try {
                sleep(DAY);
              } finally {
                raise(OsSignal.INT);
                sleep(DAY);
              }
            }))
        .isInstanceOf(CancelledError.class);
  }

  @Test
  void afterTheRun_theHandlerBeforeIsBack() throws InterruptedException {
    var received = new CountDownLatch(1);
    Runnable putBack = OsSignal.take("INT", received::countDown);
    try {
      Asyncio.run(() -> {});

      raise(OsSignal.INT);

      assertThat(received.await(30, TimeUnit.SECONDS)).isTrue();
    } finally {
      putBack.run();
    }
  }

  @Test
  @Tag("slow")
  void terminate_aProcess_cleansUpAndExitsWith143() throws Exception {
    Process process = startProgram("obedient");
    try (BufferedReader output = process.inputReader()) {
      assertThat(output.readLine()).isEqualTo("ready");

      terminate(process);

      assertThat(output.lines()).containsExactly("cleaned up");
      assertThat(process.waitFor()).isEqualTo(143);
    }
  }

  @Test
  @Tag("slow")
  void terminate_aStubbornProcessTwice_endsItAtOnceWith143() throws Exception {
    Process process = startProgram("stubborn");
    try (BufferedReader output = process.inputReader()) {
      assertThat(output.readLine()).isEqualTo("ready");
      terminate(process);
      assertThat(output.readLine()).isEqualTo("declined");

      terminate(process);

      assertThat(output.lines()).isEmpty();
      assertThat(process.waitFor()).isEqualTo(143);
    }
  }

  /// Unlike [Process#destroy], leaves the output open.
  private static void terminate(Process process) {
    ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroy);
  }

  private static Process startProgram(String kind) throws IOException {
    Stream<String> command =
        Stream.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "-Dio.loop.carrier=" + System.getProperty("io.loop.carrier", "auto"),
            "-cp",
            System.getProperty("java.class.path"),
            Program.class.getName(),
            kind);
    return new ProcessBuilder(command.toList())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /// What the child process runs.
  static final class Program {
    private Program() {}

    static void main(String[] arguments) {
      try {
        Asyncio.run(() -> {
          System.out.println("ready");
          try {
            sleep(DAY);
          } catch (CancelledError cancelled) {
            if (arguments[0].equals("stubborn")) {
              System.out.println("declined");
              sleep(DAY);
            }
            System.out.println("cleaned up");
            throw cancelled;
          }
        });
      } catch (SystemExit exit) {
        System.exit(exit.code());
      }
    }
  }
}
