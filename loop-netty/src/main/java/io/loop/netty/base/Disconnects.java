package io.loop.netty.base;

import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.channel.unix.Errors;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.handler.timeout.TimeoutException;
import io.netty.handler.timeout.WriteTimeoutException;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Converts failures of connections to the JDK's types, the same on every transport. Any thread.
public final class Disconnects {

  /*
   * Native transports have their own type for system errors. NIO has the JDK's, but for a write it
   * is an IOException with the system's text. When a channel closes, Netty fails a write with a
   * subclass of ClosedChannelException without a stack trace. Codecs that wait for the rest of a
   * message when the channel closes, and handlers that close a silent channel, say so with
   * exceptions of their own.
   */

  private static final Set<String> RESETS = Set.of("Broken pipe", "Connection reset by peer");
  private static final String NETTY = "io.netty.";

  private Disconnects() {}

  /// {@return a failure in the form that a program sees} A failure that is not one of a connection
  /// is returned unchanged.
  public static Throwable inJdksTerms(Throwable fault) {
    return switch (fault) {
      case Errors.NativeIoException nativeOne ->
          because(new SocketException(fault.getMessage()), nativeOne);
      case ClosedChannelException closed when isNettys(closed) ->
          because(new ClosedChannelException(), closed);
      case ChannelOutputShutdownException shut ->
          new IOException("a write failed, and the output of the connection was shut down", shut);
      case PrematureChannelClosureException cut ->
          because(new EOFException("the connection was closed in the middle of a message"), cut);
      case ReadTimeoutException silent ->
          because(
              new SocketTimeoutException("the connection was closed: no input in time"), silent);
      case WriteTimeoutException silent ->
          because(
              new SocketTimeoutException("the connection was closed: no output in time"), silent);
      case IOException io when isReset(io) -> because(new SocketException(io.getMessage()), io);
      default -> fault;
    };
  }

  /// {@return a failure as the cause of a connection's end, in the form that a program sees}
  public static Throwable causeOf(Throwable fault) {
    if (!(fault instanceof ClosedChannelException)) {
      return inJdksTerms(fault);
    }
    return because(
        new SocketException("the connection was closed before everything was sent"), fault);
  }

  private static boolean isNettys(Throwable fault) {
    return fault.getClass().getName().startsWith(NETTY);
  }

  private static boolean isReset(IOException fault) {
    @Nullable String text = fault.getMessage();
    return fault.getClass() == IOException.class && text != null && RESETS.contains(text);
  }

  private static Throwable because(IOException translated, Throwable cause) {
    translated.initCause(cause);
    return translated;
  }

  /// {@return whether a failure is an ordinary loss of a connection} Failures of TLS or of a
  /// decoder are not.
  public static boolean isOrdinary(Throwable fault) {
    return fault instanceof SocketException
        || fault instanceof ClosedChannelException
        || isEndInTheMiddle(fault)
        || (fault instanceof SocketTimeoutException
            && fault.getCause() instanceof TimeoutException);
  }

  /// {@return whether a failure says that the connection was closed in the middle of a message}
  public static boolean isEndInTheMiddle(Throwable fault) {
    return fault instanceof EOFException
        && fault.getCause() instanceof PrematureChannelClosureException;
  }
}
