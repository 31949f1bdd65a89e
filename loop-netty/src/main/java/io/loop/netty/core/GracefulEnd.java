package io.loop.netty.core;

import io.loop.event.TimerHandle;
import io.netty.channel.Channel;
import io.netty.channel.socket.SocketChannel;
import java.time.Duration;

/// Ends a connection gracefully with its server: requests that have arrived are served, and answers
/// are sent completely. The connection's loop thread.
public final class GracefulEnd {

  /*
   *   LAST_LOOK (a poll) --> INPUT_ENDS --the body ends, all is sent--> LINGERING --> closed
   *
   * LAST_LOOK: data in the socket is a request that has arrived, so there is one more poll before
   * the reader's input ends.
   *
   * LINGERING: closing a socket with unread bytes resets the connection, and the peer may lose the
   * answer. So only the output is shut down, and input is dropped until the peer shuts down its
   * output, for at most a second. This is only for connections that were written to since the
   * shutdown began: an idle peer may not notice the shutdown for a long time, and already has its
   * answers.
   */

  private static final Duration A_POLL = Duration.ofMillis(1);
  private static final Duration LINGER = Duration.ofSeconds(1);

  private final ChannelCore core;
  private final Channel channel;
  private final Runnable endInput;
  private TimerHandle timer;
  private boolean wrote;
  private boolean lingering;

  /// @param endInput ends the input where no message has begun
  public GracefulEnd(ChannelCore core, Runnable endInput) {
    this.core = core;
    this.channel = core.channel();
    this.endInput = endInput;
    this.timer = core.loop().callLater(A_POLL, this::endInput);
  }

  /// Ends the input after the data that the next poll brings.
  private void endInput() {
    core.executor().execute(endInput);
  }

  /// The body has written something.
  public void written() {
    wrote = true;
  }

  /// {@return whether input is dropped until the peer shuts down its output}
  public boolean isLingering() {
    return lingering;
  }

  /// Closes the connection slowly, if it needs that. Everything written is sent. Not for TLS, which
  /// ends with a message of its own.
  ///
  /// @return false if the connection can be closed at once
  @SuppressWarnings("FutureReturnValueIgnored") // a socket that cannot be shut down is gone
  public boolean linger() {
    if (!wrote || !(channel instanceof SocketChannel socket) || socket.isInputShutdown()) {
      return false;
    }
    lingering = true;
    timer = core.loop().callLater(LINGER, this::close);
    core.resumeReading();
    socket.shutdownOutput();
    return true;
  }

  /// The peer has shut down its output.
  public void inputEnded() {
    if (lingering) {
      close();
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // failures come back through exceptionCaught
  private void close() {
    lingering = false;
    channel.close();
  }

  /// The connection is gone.
  public void stop() {
    timer.cancel();
  }
}
