package io.loop.scope;

import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.context.Context;
import io.loop.context.ContextVar;
import java.time.Duration;
import java.util.Iterator;
import org.junit.jupiter.api.Test;

/// The context that the body of a generator runs in.
final class GeneratorContextTest extends GeneratorFixture {

  private static final ContextVar<String> NAME = ContextVar.of("name", "nobody");

  @Test
  void context_isTheConsumers() {
    manual.run(() -> {
      NAME.set("alice");
      try (Generator<String> names =
          Generator.of(out -> {
            out.emit(NAME.get());
            NAME.set("carol");
            sleep(Duration.ofMillis(1));
            out.emit(NAME.get());
          })) {
        Iterator<String> values = names.iterator();
        assertThat(values.next()).isEqualTo("alice");
        NAME.set("bob");

        assertThat(values.next()).isEqualTo("carol");

        assertThat(NAME.get()).isEqualTo("carol");
      }
    });
  }

  @Test
  void context_insideContextRun_isACopyOfThatOne() {
    manual.run(() -> {
      NAME.set("alice");
      Context other = Context.copyCurrent();
      Generator<String> names =
          Generator.of(out -> {
            out.emit(NAME.get());
            NAME.set("carol");
            out.emit(NAME.get());
          });
      Iterator<String> values = names.iterator();
      other.run(() -> {
        NAME.set("bob");
        events.add(values.next());
      });
      events.add(values.next());
      events.add(NAME.get());
      other.run(() -> assertThat(values.hasNext()).isFalse());
    });

    assertThat(events).containsExactly("bob", "carol", "alice");
  }

  @Test
  void context_ofAStartedBody_isKeptInsideContextRun() {
    manual.run(() -> {
      Generator<String> names =
          Generator.of(out -> {
            out.emit(NAME.get());
            out.emit(NAME.get());
          });
      Iterator<String> values = names.iterator();
      NAME.set("alice");
      events.add(values.next());
      Context.copyCurrent()
          .run(() -> {
            NAME.set("bob");
            events.add(values.next());
            assertThat(NAME.get()).isEqualTo("bob");
            names.close();
          });
      events.add(NAME.get());
    });

    assertThat(events).containsExactly("alice", "alice", "alice");
  }

  @Test
  void body_thatStopsInsideContextRun_leavesTheConsumersContextAlone() {
    manual.run(() -> {
      NAME.set("alice");
      try (Generator<String> names =
          Generator.of(out ->
              Context.copyCurrent()
                  .run(() -> {
                    NAME.set("bob");
                    out.emit(NAME.get());
                    out.emit(NAME.get());
                  }))) {
        for (String name : names) {
          events.add(name + " " + NAME.get());
        }
      }
    });

    assertThat(events).containsExactly("bob alice", "bob alice");
  }
}
