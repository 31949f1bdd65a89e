package io.loop.netty.socket;

import io.loop.netty.base.Reasons;
import io.loop.netty.transport.Transport;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelOption;
import java.net.SocketAddress;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Netty's options of sockets: which of them a program may set, and how they are set.
public final class SocketOptions {

  /*
   * Netty only logs an option that a channel does not have, and one that the system refuses. Here
   * both fail what was to be opened. An accepted connection is too late for that, so its options
   * are first tried on a socket that is closed again.
   *
   * What this module needs for itself is refused when the options are made. It is recognised by
   * name, because the transports have their own copies of some options, whose classes are not to be
   * loaded here.
   */

  /// What the options are for.
  public enum Use {
    LISTENER,
    CONNECTION,
    DATAGRAMS
  }

  private static final String OWN_MARKS =
      "the writer has its own marks, and drain() waits for them";
  private static final String WHOLE_PACKETS = "it decides how much of a packet is read";

  private static final Map<String, String> ALWAYS =
      Map.of(
          "AUTO_CLOSE", "a connection that cannot be written to must be closed",
          "WRITE_BUFFER_WATER_MARK", OWN_MARKS,
          "WRITE_BUFFER_HIGH_WATER_MARK", OWN_MARKS,
          "WRITE_BUFFER_LOW_WATER_MARK", OWN_MARKS,
          "MESSAGE_SIZE_ESTIMATOR", OWN_MARKS);

  private static final Map<String, String> LISTENER =
      Map.of(
          "AUTO_READ", "use withoutServing() and Server.startServing()",
          "SO_BACKLOG", "use withBacklog()",
          "SO_REUSEPORT", "use withReusePort()",
          "CONNECT_TIMEOUT_MILLIS", "a server does not connect");

  private static final Map<String, String> CONNECTION =
      Map.of(
          "AUTO_READ", "the reader's limit decides when reading pauses; use withLimit()",
          "ALLOW_HALF_CLOSURE", "connections without TLS allow it, others cannot",
          "CONNECT_TIMEOUT_MILLIS", "use ConnectionOptions.withConnectTimeout()",
          "DOMAIN_SOCKET_READ_MODE", "a stream reads bytes only");

  private static final Map<String, String> DATAGRAMS =
      Map.of(
          "AUTO_READ", "use withQueue()",
          "SO_REUSEADDR", "use withReuseAddress()",
          "SO_REUSEPORT", "use withReusePort()",
          "SO_BROADCAST", "use withBroadcast()",
          "RCVBUF_ALLOCATOR", WHOLE_PACKETS,
          "RECVBUF_ALLOCATOR", WHOLE_PACKETS,
          "MAX_DATAGRAM_PAYLOAD_SIZE", WHOLE_PACKETS,
          "UDP_GRO", "it joins packets",
          "DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION", "an endpoint is active when it is bound",
          "CONNECT_TIMEOUT_MILLIS", "connecting an endpoint does not wait");

  private SocketOptions() {}

  /// {@return an unchangeable copy of some options}
  ///
  /// @throws IllegalArgumentException if one of them is needed here, or a value is not valid
  public static Map<ChannelOption<?>, Object> checked(
      Use use, Map<ChannelOption<?>, Object> options) {
    options.forEach((option, value) -> check(use, option, value));
    return Collections.unmodifiableMap(new LinkedHashMap<>(options));
  }

  private static void check(Use use, ChannelOption<?> option, Object value) {
    Objects.requireNonNull(value, () -> "the value of the option " + text(option));
    String name = option.name().substring(option.name().lastIndexOf('#') + 1);
    Map<String, String> own =
        switch (use) {
          case LISTENER -> LISTENER;
          case CONNECTION -> CONNECTION;
          case DATAGRAMS -> DATAGRAMS;
        };
    @Nullable String why = own.getOrDefault(name, ALWAYS.get(name));
    if (why != null) {
      throw new IllegalArgumentException(
          "the option " + text(option) + " cannot be set here: " + why);
    }
    validate(option, value);
  }

  @SuppressWarnings("unchecked") // the withers take an option with a value of its type
  private static <T> void validate(ChannelOption<T> option, Object value) {
    option.validate((T) value);
  }

  /// {@return some options and one more, which replaces a value that was set before}
  public static <T> Map<ChannelOption<?>, Object> with(
      Map<ChannelOption<?>, Object> options, ChannelOption<T> option, T value) {
    Map<ChannelOption<?>, Object> more = new LinkedHashMap<>(options);
    more.put(option, value);
    return more;
  }

  /// {@return a factory for channels with some options} If an option cannot be set, the channel is
  /// closed, and the factory throws an [IllegalArgumentException] or a [ChannelException].
  public static <C extends Channel> ChannelFactory<C> with(
      ChannelFactory<C> factory, Map<ChannelOption<?>, Object> options, Transport transport) {
    return options.isEmpty()
        ? factory
        : () -> {
          C channel = factory.newChannel();
          try {
            set(channel, options, transport);
          } catch (Throwable fault) {
            channel.unsafe().closeForcibly(); // not registered yet
            throw fault;
          }
          return channel;
        };
  }

  /// Tries the options of connections to an address on a socket of their kind; loop's thread.
  ///
  /// @throws IllegalArgumentException if the transport does not have an option, or a value is not
  ///   valid
  /// @throws ChannelException if the system refuses one
  public static void tryOn(
      SocketAddress address, Map<ChannelOption<?>, Object> options, Transport transport) {
    if (!options.isEmpty()) {
      with(Sockets.connecting(transport, address), options, transport)
          .newChannel()
          .unsafe()
          .closeForcibly();
    }
  }

  /// Sets options of a channel.
  ///
  /// @throws IllegalArgumentException if the channel does not have one, or a value is not valid
  /// @throws ChannelException if the system refuses one
  public static void set(
      Channel channel, Map<ChannelOption<?>, Object> options, Transport transport) {
    options.forEach((option, value) -> set(channel, option, value, transport));
  }

  @SuppressWarnings("unchecked") // the withers take an option with a value of its type
  private static <T> void set(
      Channel channel, ChannelOption<T> option, Object value, Transport transport) {
    boolean known;
    try {
      known = channel.config().setOption(option, (T) value);
    } catch (IllegalArgumentException fault) {
      throw new IllegalArgumentException(refusal(option, value, transport, fault), fault);
    } catch (RuntimeException fault) {
      throw new ChannelException(refusal(option, value, transport, fault), fault);
    }
    if (!known) {
      throw new IllegalArgumentException(
          channel.getClass().getSimpleName()
              + ", of the transport "
              + transport
              + ", does not have the option "
              + text(option));
    }
  }

  private static String refusal(
      ChannelOption<?> option, Object value, Transport transport, Throwable fault) {
    Throwable cause = fault instanceof ChannelException ? fault.getCause() : fault;
    return "the option "
        + text(option)
        + " cannot be set to "
        + value
        + " on the transport "
        + transport
        + ": "
        + Reasons.of(cause == null ? fault : cause);
  }

  private static String text(ChannelOption<?> option) {
    String name = option.name();
    int end = name.indexOf('#');
    return end < 0 ? name : name.substring(name.lastIndexOf('.', end) + 1).replace('#', '.');
  }
}
