package io.loop.samples;

import io.loop.Runner;
import io.loop.netty.NettyLoop;
import io.loop.netty.transport.Transport;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Options for the loop: transport and carrier.
final class CommonOptions {

  static final int HIGHEST_PORT = 65_535;
  private static final Pattern HOST_PORT = Pattern.compile("\\[?([^\\[\\]]+?)\\]?:(\\d{1,5})");

  enum Carrier {
    AUTO,
    LOOP,
    PORTABLE
  }

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

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

  /// {@return the options to run the main coroutine with} Must be called before anything else of
  /// the library.
  ///
  /// @throws ParameterException if the transport is not available on this machine
  Runner.Options runnerOptions() {
    if (carrier != Carrier.AUTO) {
      System.setProperty("io.loop.carrier", carrier.name().toLowerCase(Locale.ROOT));
    }
    Transport chosen = transport();
    return Runner.Options.DEFAULT.withLoopFactory(() -> NettyLoop.create(chosen));
  }

  void requirePositive(String option, int value) {
    requireAtLeast(1, option, value);
  }

  void requireNotNegative(String option, int value) {
    requireAtLeast(0, option, value);
  }

  /// {@return the port, if it is valid}
  static int requirePort(CommandSpec spec, int port) {
    if (port < 0 || port > HIGHEST_PORT) {
      throw new ParameterException(
          spec.commandLine(), "--port must be from 0 to " + HIGHEST_PORT + ", not " + port);
    }
    return port;
  }

  /// {@return the address in `HOST:PORT` or `[HOST]:PORT`, not looked up}
  InetSocketAddress requireHostPort(String option, String text) {
    Matcher parts = HOST_PORT.matcher(text);
    if (!parts.matches() || Integer.parseInt(parts.group(2)) > HIGHEST_PORT) {
      throw new ParameterException(spec.commandLine(), option + " must be HOST:PORT, not " + text);
    }
    return InetSocketAddress.createUnresolved(parts.group(1), Integer.parseInt(parts.group(2)));
  }

  private void requireAtLeast(int least, String option, int value) {
    if (value < least) {
      throw new ParameterException(
          spec.commandLine(), option + " must be at least " + least + ", not " + value);
    }
  }

  Transport transport() {
    try {
      return Transport.named(transport);
    } catch (IllegalArgumentException unknown) {
      throw new ParameterException(spec.commandLine(), String.valueOf(unknown.getMessage()));
    }
  }
}
