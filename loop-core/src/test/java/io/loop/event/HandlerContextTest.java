package io.loop.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.context.ContextVar;
import io.loop.testing.ManualLoop;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HandlerContextTest {

  private static final ContextVar<String> WHERE = ContextVar.of("where", "nowhere");

  @Test
  void setExceptionHandler_callbackFails_handlerSeesWhatItsContextHolds() {
    try (var manual = new ManualLoop()) {
      List<String> seen = new ArrayList<>();
      Loop loop = manual.loop();
      loop.setExceptionHandler((_, _) -> seen.add(WHERE.get()));

      loop.callSoon(() -> {
        throw new IllegalStateException("before it set anything");
      });
      loop.callSoon(() -> {
        WHERE.set("callback");
        throw new IllegalStateException("after it set something");
      });
      manual.runUntilIdle();

      assertThat(seen).containsExactly("nowhere", "callback");
    }
  }
}
