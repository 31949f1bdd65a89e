package io.loop.event;

import java.util.ServiceLoader;
import java.util.function.Supplier;

/// Finds the poller that new loops get when the program names none.
final class Pollers {

  private static final Supplier<Poller> BEST = find();

  private Pollers() {}

  static Poller best() {
    return BEST.get();
  }

  private static Supplier<Poller> find() {
    return ServiceLoader.load(Poller.class, Pollers.class.getClassLoader()).stream()
        .<Supplier<Poller>>map(provider -> provider)
        .findFirst()
        .orElse(ParkPoller::new);
  }
}
