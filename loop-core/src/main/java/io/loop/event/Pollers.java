package io.loop.event;

import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Supplier;

/// Finds the poller that new loops get when the program names none.
final class Pollers {

  private static final Supplier<Poller> BEST = find();

  private Pollers() {}

  static Poller best() {
    try {
      return BEST.get();
    } catch (ServiceConfigurationError fault) {
      if (fault.getCause() instanceof RuntimeException refusal) {
        throw refusal; // the poller's own words: a transport that is not there
      }
      throw fault;
    }
  }

  private static Supplier<Poller> find() {
    return ServiceLoader.load(Poller.class, Pollers.class.getClassLoader()).stream()
        .<Supplier<Poller>>map(provider -> provider)
        .findFirst()
        .orElse(ParkPoller::new);
  }
}
