package io.loop.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.context.Context;
import io.loop.context.ContextVar;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class HandleTest {

  private final Loop loop = Loop.create(new ParkPoller());
  private final List<String> log = new ArrayList<>();

  @AfterEach
  void close() {
    loop.close();
  }

  private void tick() {
    loop.stop();
    loop.runForever();
  }

  private static final class Reusable extends Handle {
    private final List<String> log;

    Reusable(Loop loop, List<String> log) {
      super(loop, Context.copyCurrent(), true);
      this.log = log;
    }

    @Override
    protected void run() {
      log.add("ran");
    }

    void wake() {
      schedule();
    }
  }

  @Test
  void schedule_aSubclassAgainAndAgain_runsEachTime() {
    var handle = new Reusable(loop, log);

    handle.wake();
    tick();
    handle.wake();
    tick();

    assertThat(log).containsExactly("ran", "ran");
  }

  @Test
  void context_notGiven_isACopyOfTheSchedulersAtThatTime() {
    ContextVar<String> color = ContextVar.of("color", "none");
    Context outside = Context.copyCurrent();

    outside.run(() -> {
      color.set("red");
      Handle handle = loop.callSoon(() -> {});
      color.set("blue");

      assertThat(handle.getContext().get(color)).isEqualTo("red");
    });
  }

  @Test
  void context_given_isItself() {
    Context context = Context.copyCurrent();

    Handle handle = loop.callSoon(() -> {}, context);

    assertThat(handle.getContext()).isSameAs(context);
  }

  @Test
  void toString_tellsTheCallbackAndWhetherItIsCancelled() {
    Handle handle =
        loop.callSoon(
            new Callback() {
              @Override
              public void run() {}

              @Override
              public String toString() {
                return "theCallback";
              }
            });
    String before = handle.toString();

    handle.cancel();

    assertThat(before).isEqualTo("<Handle theCallback>");
    assertThat(handle).hasToString("<Handle cancelled>");
  }

  @Test
  void cancel_inDebugMode_keepsTheDescription() {
    loop.setDebug(true);
    Handle handle =
        loop.callSoon(
            new Callback() {
              @Override
              public void run() {}

              @Override
              public String toString() {
                return "theCallback";
              }
            });

    handle.cancel();

    assertThat(handle.toString()).startsWith("<Handle cancelled theCallback created at ");
  }

  @Test
  void cancel_aTimer_takesItOutOfTheWheel() {
    TimerHandle timer = loop.callLater(Duration.ofHours(1), () -> {});

    timer.cancel();

    assertThat(timer.slot).isEqualTo(TimerWheel.NOT_SCHEDULED);
  }

  @Test
  void run_timerHandle_inAContextThatIsEntered_isReported() {
    List<ExceptionContext> reports = new ArrayList<>();
    loop.setExceptionHandler((_, report) -> reports.add(report));
    Context context = Context.copyCurrent();
    context.run(() -> {
      loop.callSoon(() -> log.add("ran"), context);
      tick();
    });

    assertThat(log).isEmpty();
    assertThat(reports).hasSize(1);
  }
}
