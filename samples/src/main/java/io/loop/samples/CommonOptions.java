package io.loop.samples;

import io.loop.Runner;
import io.loop.netty.NettyLoop;
import io.loop.netty.Transport;
import java.util.Locale;
import picocli.CommandLine.Option;

/// The options that say what coroutines and connections run on.
final class CommonOptions {

  enum Carrier {
    AUTO,
    LOOP,
    PORTABLE
  }

  @Option(
      names = "--transport",
      defaultValue = "auto",
      paramLabel = "NAME",
      description = "auto, nio, epoll, io_uring or kqueue (default: ${DEFAULT-VALUE})")
  private String transport = "auto";

  @Option(
      names = "--carrier",
      defaultValue = "auto",
      paramLabel = "NAME",
      description = "auto, loop or portable (default: ${DEFAULT-VALUE})")
  private Carrier carrier = Carrier.AUTO;

  /// {@return how to run the main coroutine; to be called before anything else of the library}
  Runner.Options runnerOptions() {
    if (carrier != Carrier.AUTO) {
      System.setProperty("io.loop.carrier", carrier.name().toLowerCase(Locale.ROOT));
    }
    Transport chosen = transport();
    return Runner.Options.DEFAULT.withLoop(() -> NettyLoop.create(chosen));
  }

  Transport transport() {
    return Transport.named(transport);
  }
}
