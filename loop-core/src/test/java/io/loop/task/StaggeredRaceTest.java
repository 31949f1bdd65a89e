package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.staggeredRace;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.RaceResult;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class StaggeredRaceTest {

  private static final Duration DELAY = Duration.ofMillis(250);

  private final ManualLoop manual = new ManualLoop();
  private final List<String> log = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  private void log(String text) {
    log.add(manual.loop().time().toMillis() + " " + text);
  }

  private Coro<String> takes(int millis, String name) {
    return () -> {
      log("start " + name);
      try {
        sleep(Duration.ofMillis(millis));
      } finally {
        log("end " + name);
      }
      return name;
    };
  }

  private Coro<String> failsAfter(int millis, String name) {
    return () -> {
      takes(millis, name).run();
      throw new IOException(name);
    };
  }

  @Test
  void race_theFirstIsQuick_startsNoOther() {
    manual.run(() -> {
      RaceResult<String> result = staggeredRace(List.of(takes(100, "a"), takes(1, "b")), DELAY);

      assertThat(result.value()).isEqualTo("a");
      assertThat(result.winner()).isZero();
      assertThat(result.exceptions()).containsExactly((Throwable) null);
    });

    assertThat(log).containsExactly("0 start a", "100 end a");
  }

  @Test
  void race_theFirstIsSlow_startsTheNextBesideAndCancelsTheLoser() {
    manual.run(() -> {
      RaceResult<String> result = staggeredRace(List.of(takes(1000, "a"), takes(100, "b")), DELAY);

      assertThat(result.value()).isEqualTo("b");
      assertThat(result.winner()).isEqualTo(1);
      assertThat(result.exceptions().get(0)).isInstanceOf(CancelledError.class);
      assertThat(result.exceptions().get(1)).isNull();
    });

    assertThat(log).containsExactly("0 start a", "250 start b", "350 end b", "350 end a");
  }

  @Test
  void race_theFirstFails_startsTheNextAtOnce() {
    manual.run(() -> {
      RaceResult<String> result = staggeredRace(List.of(failsAfter(10, "a"), takes(1, "b")), DELAY);

      assertThat(result.winner()).isEqualTo(1);
      assertThat(result.exceptions().get(0)).hasMessage("a");
    });

    assertThat(log).containsExactly("0 start a", "10 end a", "10 start b", "11 end b");
  }

  /// The loser returns from a blocking call that ignores the interrupt.
  @Test
  void race_loserReturnsWhenAnotherHasWon_hasLost() {
    var mayReturn = new CountDownLatch(1);

    Asyncio.run(() -> {
      RaceResult<String> result =
          staggeredRace(
              List.of(
                  () -> {
                    while (mayReturn.getCount() > 0) {
                      try {
                        mayReturn.await();
                      } catch (InterruptedException ignored) {
                        // as a call that cannot be interrupted
                      }
                    }
                    return "a";
                  },
                  () -> {
                    mayReturn.countDown();
                    return "b";
                  }),
              Duration.ofMillis(20));

      assertThat(result.value()).isEqualTo("b");
      assertThat(result.winner()).isEqualTo(1);
    });
  }

  @Test
  void race_withoutADelay_waitsForEachFailure() {
    manual.run(() -> {
      RaceResult<String> result =
          staggeredRace(List.of(failsAfter(1000, "a"), failsAfter(1000, "b")), null);

      assertThat(result.isWon()).isFalse();
      assertThat(result.value()).isNull();
      assertThat(result.exceptions()).extracting(Throwable::getMessage).containsExactly("a", "b");
    });

    assertThat(log).containsExactly("0 start a", "1000 end a", "1000 start b", "2000 end b");
  }

  @Test
  void race_cancelled_cancelsAllAndWaitsForThem() {
    manual.run(() -> {
      Task<RaceResult<String>> race =
          createTask(() -> staggeredRace(List.of(takes(1000, "a"), takes(1000, "b")), DELAY));
      sleep(Duration.ofMillis(300));

      race.cancel();

      assertThatThrownBy(race::await).isInstanceOf(CancelledError.class);
    });

    assertThat(log).containsExactly("0 start a", "250 start b", "300 end a", "300 end b");
  }

  @Test
  void race_ofNothing_isNotWon() {
    manual.run(() -> {
      RaceResult<String> result = staggeredRace(List.of(), DELAY);

      assertThat(result).isEqualTo(new RaceResult<String>(null, -1, List.of()));
    });
  }
}
