package io.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class AsyncioTest {

  @Test
  void run_bodyWithResult_returnsIt() {
    int result = Asyncio.run(() -> Asyncio.sleep(Duration.ofMillis(1), 7));

    assertThat(result).isEqualTo(7);
  }

  @Test
  void run_failingBody_throwsTheVeryException() {
    var fault = new IOException("gone");

    assertThatThrownBy(() ->
            Asyncio.run(() -> {
              throw fault;
            }))
        .isSameAs(fault);
  }

  @Test
  void run_insideALoop_isRefused() {
    assertThatThrownBy(() -> Asyncio.run(() -> Asyncio.run(() -> 1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("running event loop");
  }

  @Test
  void gather_twoBodies_givesResultsInArgumentOrder() {
    List<String> results =
        Asyncio.run(() ->
            Asyncio.gather(() -> Asyncio.sleep(Duration.ofMillis(5), "slow"), () -> "fast")
                .await());

    assertThat(results).containsExactly("slow", "fast");
  }
}
