package io.loop;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.context.ContextVar;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What becomes of scoped values, and what to use instead.
final class ScopedValueTest {

  private static final ScopedValue<String> USER = ScopedValue.newInstance();
  private static final ContextVar<String> USER_VAR = ContextVar.of("user", "nobody");

  private final List<String> seen = new ArrayList<>();

  private void look() {
    seen.add(USER.orElse("nobody"));
  }

  @Test
  void boundAroundRun_isNotBoundInside() {
    ScopedValue.where(USER, "alice").run(() -> Asyncio.run(this::look));

    assertThat(seen).containsExactly("nobody");
  }

  @Test
  void boundInTheBody_staysBoundOverAwaits_andIsNotInherited() {
    Asyncio.run(() ->
        ScopedValue.where(USER, "alice")
            .run(() -> {
              sleep(Duration.ZERO);
              look();
              createTask(this::look).await();
              look();
            }));

    assertThat(seen).containsExactly("alice", "nobody", "alice");
  }

  @Test
  void contextVarSetBeforeRun_isSetInsideAndInherited() {
    io.loop.context.Context.copyCurrent()
        .run(() -> {
          USER_VAR.set("alice");
          Asyncio.run(() -> {
            seen.add(USER_VAR.get());
            createTask(() -> seen.add(USER_VAR.get())).await();
          });
        });

    assertThat(seen).containsExactly("alice", "alice");
  }
}
