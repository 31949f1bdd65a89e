package io.loop.event;

import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Supplier;

/// Finds the poller for new loops when the program names none.
final class Pollers {

  private static final Supplier<Poller> BEST = find();

  private Pollers() {}

  static Poller best() {
    try {
      return BEST.get();
    } catch (ServiceConfigurationError fault) {
      if (fault.getCause() instanceof RuntimeException refusal) {
        throw refusal; // keep the poller's message: a transport that is not available
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
