package io.loop.signal;

import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  @ParameterizedTest
  @CsvSource({
    "uncaught, TERM, 143, cleaned up",
    "uncaught, INT, 130, cleaned up",
    "exits, , 7, ''",
    "exitsFromACallback, , 7, ''",
    "interrupts, , 130, ''",
    "caught, TERM, 0, cleaned up:caught",
    "handledByTheProgram, TERM, 9, cleaned up:handled SystemExit",
    "joinedByAHook, TERM, 143, cleaned up:joined",
  })
  @Tag("slow")
  void fatal_leavesMain_theProcessEndsWithItsCodeAndNoTrace(
      String kind, @Nullable String signal, int code, String told) throws Exception {
    Process process = startProgram(kind, ProcessBuilder.Redirect.PIPE);
    try (BufferedReader output = process.inputReader();
        BufferedReader errors = process.errorReader()) {
      assertThat(output.readLine()).isEqualTo("ready");

      if (signal != null) {
        send(signal, process);
      }

      assertThat(String.join(":", output.lines().toList())).isEqualTo(told);
      assertThat(errors.lines()).isEmpty();
      assertThat(process.waitFor()).isEqualTo(code);
    }
  }

  @Test
  @Tag("slow")
  void fatal_wasCaughtAndSomethingElseIsNot_isToldAsUsual() throws Exception {
    Process process = startProgram("failsLater", ProcessBuilder.Redirect.PIPE);
    try (BufferedReader errors = process.errorReader()) {
      assertThat(errors.lines()).anyMatch(line -> line.contains("IllegalStateException: later"));
      assertThat(process.waitFor()).isEqualTo(1);
    }
  }

  private static void send(String signal, Process process) throws Exception {
    var kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  /// Unlike [Process#destroy], leaves the output open.
  private static void terminate(Process process) {
    ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroy);
  }

  private static Process startProgram(String kind) throws IOException {
    return startProgram(kind, ProcessBuilder.Redirect.INHERIT);
  }

  private static Process startProgram(String kind, ProcessBuilder.Redirect errors)
      throws IOException {
    Stream<String> command =
        Stream.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "-Dio.loop.carrier=" + System.getProperty("io.loop.carrier", "auto"),
            "-cp",
            System.getProperty("java.class.path"),
            Program.class.getName(),
            kind);
    return new ProcessBuilder(command.toList()).redirectError(errors).start();
  }

  /// What the child process runs.
  static final class Program {
    private Program() {}

    static void main(String[] arguments) {
      switch (arguments[0]) {
        case "exits" -> Asyncio.run(() -> exit("ready"));
        case "exitsFromACallback" ->
            Asyncio.run(() -> {
              Loop.running().callSoon(() -> exit("ready"));
              sleep(DAY);
            });
        case "interrupts" ->
            Asyncio.run(() -> {
              System.out.println("ready");
              throw new KeyboardInterrupt();
            });
        case "caught" -> caught(() -> System.out.println("caught"));
        case "failsLater" -> {
          try {
            Asyncio.run(() -> exit("ready"));
          } catch (SystemExit caught) {
            throw new IllegalStateException("later");
          }
        }
        case "handledByTheProgram" -> {
          Thread.currentThread().setUncaughtExceptionHandler(Program::handle);
          wait(false);
        }
        case "joinedByAHook" -> {
          Thread main = Thread.currentThread();
          Runtime.getRuntime().addShutdownHook(new Thread(() -> join(main)));
          wait(false);
        }
        default -> wait(arguments[0].equals("stubborn"));
      }
    }

    private static void exit(String message) {
      System.out.println(message);
      throw new SystemExit(7);
    }

    private static void handle(Thread thread, Throwable fault) {
      System.out.println("handled " + fault.getClass().getSimpleName());
      Runtime.getRuntime().halt(9);
    }

    private static void join(Thread main) {
      try {
        main.join();
        System.out.println("joined");
      } catch (InterruptedException impossible) {
        throw new IllegalStateException(impossible);
      }
    }

    private static void caught(Runnable then) {
      try {
        wait(false);
      } catch (SystemExit exit) {
        then.run();
      }
    }

    private static void wait(boolean stubborn) {
      Asyncio.run(() -> {
        System.out.println("ready");
        try {
          sleep(DAY);
        } catch (CancelledError cancelled) {
          if (stubborn) {
            System.out.println("declined");
            sleep(DAY);
          }
          System.out.println("cleaned up");
          throw cancelled;
        }
      });
    }
  }
}
