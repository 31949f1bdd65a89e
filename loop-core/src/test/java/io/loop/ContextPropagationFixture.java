package io.loop;

import io.loop.context.ContextPropagator;
import io.loop.context.ContextPropagator.Scope;
import io.loop.testing.CarriedName;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/// A thread local that is propagated, and what was seen of it.
abstract class ContextPropagationFixture {

  final CarriedName name = new CarriedName();
  final Scope registration = ContextPropagator.register(name);
  final List<@Nullable String> seen = new ArrayList<>();

  @AfterEach
  void takeOut() {
    name.set(null);
    registration.close();
  }

  void look() {
    seen.add(name.get());
  }
}
