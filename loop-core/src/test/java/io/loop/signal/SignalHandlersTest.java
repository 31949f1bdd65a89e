package io.loop.signal;

import static io.loop.Asyncio.addSignalHandler;
import static io.loop.Asyncio.removeSignalHandler;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.context.ContextVar;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

@DisabledOnOs(OS.WINDOWS)
final class SignalHandlersTest {

  /// Does nothing to a process that has no handler for it.
  private static final String HARMLESS = "WINCH";

  /// Another one, which no other test takes.
  private static final String UNTOUCHED = "URG";

  private static final Duration DAY = Duration.ofDays(1);
  private static final ContextVar<String> USER = ContextVar.of("user", "nobody");

  private static void raise(String signal) throws Exception {
    long pid = ProcessHandle.current().pid();
    new ProcessBuilder("/bin/sh", "-c", "kill -" + signal + " " + pid).inheritIO().start();
  }

  @Test
  void handler_signalsThatComeFromOutside_runsOnTheLoopInItsContext() {
    List<String> log = new ArrayList<>();
    Asyncio.run(() -> {
      Loop loop = Loop.running();
      var came = new LoopFuture<@Nullable Void>(loop);
      USER.set("alice");
      addSignalHandler(
          HARMLESS,
          () -> {
            log.add(USER.get() + " " + loop.isOnLoop());
            came.setResult(null);
          });
      USER.set("bob");

      raise(HARMLESS);
      came.await();
    });

    assertThat(log).containsExactly("alice true");
  }

  @Test
  void handler_addedTwice_isReplaced() {
    Asyncio.run(() -> {
      List<String> log = new ArrayList<>();
      var came = new LoopFuture<@Nullable Void>(Loop.running());
      addSignalHandler(HARMLESS, () -> log.add("first"));
      addSignalHandler(
          "SIG" + HARMLESS,
          () -> {
            log.add("second");
            came.setResult(null);
          });

      raise(HARMLESS);
      came.await();
      sleep(Duration.ofMillis(1));

      assertThat(log).containsExactly("second");
      assertThat(removeSignalHandler(HARMLESS)).isTrue();
      assertThat(removeSignalHandler(HARMLESS)).isFalse();
    });
  }

  @Test
  void handler_unknownOrUncatchableSignal_isRefusedAndNothingChanges() {
    Asyncio.run(() -> {
      for (String signal : List.of("KILL", "STOP", "NONSENSE", "")) {
        assertThatThrownBy(() -> addSignalHandler(signal, () -> {}))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("'" + signal + "'");
        assertThat(removeSignalHandler(signal)).isFalse();
      }
    });
  }

  @Test
  void handler_afterRemovalOrTheLoopsEnd_isGoneAndTheOneBeforeIsBack() throws Exception {
    var received = new LinkedBlockingQueue<String>();
    Runnable putBack = OsSignal.take(UNTOUCHED, () -> received.add("came"));
    try {
      Asyncio.run(() -> addSignalHandler(UNTOUCHED, () -> {}));
      raise(UNTOUCHED);
      assertThat(received.poll(30, TimeUnit.SECONDS)).isEqualTo("came");
      Asyncio.run(() -> {
        addSignalHandler(UNTOUCHED, () -> {});
        removeSignalHandler(UNTOUCHED);
        raise(UNTOUCHED);
      });

      assertThat(received.poll(30, TimeUnit.SECONDS)).isEqualTo("came");
    } finally {
      putBack.run();
    }
  }

  @Test
  void handler_forInterrupts_takesThePlaceOfTheCancellation() {
    List<String> log = new ArrayList<>();
    assertThatThrownBy(() ->
            Asyncio.run(() -> {
              var came = new LoopFuture<@Nullable Void>(Loop.running());
              addSignalHandler("INT", () -> came.setResult(null));
              raise("INT");
              came.await();
              sleep(Duration.ofMillis(1)); // a cancellation would come now
              log.add("went on");
              removeSignalHandler("INT");
              raise("INT");
              sleep(DAY);
            }))
        .isInstanceOf(KeyboardInterrupt.class);
    assertThat(log).containsExactly("went on");
  }
}
