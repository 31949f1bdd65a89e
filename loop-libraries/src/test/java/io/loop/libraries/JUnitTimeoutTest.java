package io.loop.libraries;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import io.loop.Asyncio;
import io.loop.Runner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/// JUnit's `@Timeout` around `Asyncio.run`.
final class JUnitTimeoutTest extends InCoroutines {

  private static final List<String> LOG = new ArrayList<>();
  private static final AtomicReference<@Nullable Thread> CALLER = new AtomicReference<>();

  /// Tests that take too long; only this class runs them.
  static class TooSlow {

    private static void sleepForADay() {
      Asyncio.run(
          () -> {
            try {
              Asyncio.sleep(Duration.ofDays(1));
            } finally {
              LOG.add("cleaned up");
            }
            return true;
          },
          Runner.Options.DEFAULT.withoutSignals());
    }

    @Test
    @Timeout(value = 50, unit = MILLISECONDS, threadMode = ThreadMode.SAME_THREAD)
    void onTheSameThread() {
      CALLER.set(Thread.currentThread());
      sleepForADay();
    }

    @Test
    @Timeout(value = 50, unit = MILLISECONDS, threadMode = ThreadMode.SEPARATE_THREAD)
    void onAThreadOfItsOwn() {
      CALLER.set(Thread.currentThread());
      sleepForADay();
    }
  }

  /// {@return what the test fails with}
  private static Throwable run(String method) {
    LOG.clear();
    var summary = new SummaryGeneratingListener();
    var request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectMethod(TooSlow.class, method))
            .configurationParameter("junit.jupiter.extensions.autodetection.enabled", "false")
            .build();
    LauncherFactory.create().execute(request, summary);
    assertThat(summary.getSummary().getFailures()).hasSize(1);
    return summary.getSummary().getFailures().getFirst().getException();
  }

  @Test
  void timeout_onTheSameThread_cancelsTheMainTask() {
    Throwable failure = run("onTheSameThread");

    assertThat(failure).isInstanceOf(TimeoutException.class);
    assertThat(LOG).containsExactly("cleaned up"); // before the test ended
    assertThat(CALLER.get()).isSameAs(Thread.currentThread());
  }

  @Test
  void timeout_onASeparateThread_cancelsTheMainTaskToo() throws Exception {
    Throwable failure = run("onAThreadOfItsOwn");

    assertThat(failure).isInstanceOf(TimeoutException.class);
    Thread caller = Objects.requireNonNull(CALLER.get());
    assertThat(caller).isNotSameAs(Thread.currentThread());
    assertThat(caller.join(PATIENCE)).isTrue();
    assertThat(LOG).containsExactly("cleaned up"); // maybe after the test has failed
  }
}
