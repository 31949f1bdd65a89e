package io.loop.netty;

import io.loop.event.TimerHandle;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.socket.SocketChannel;
import java.time.Duration;

/// How a connection ends with its server: no request that has arrived is dropped, and no answer
/// torn. Its loop's thread.
final class GracefulEnd {

  /*
   *   LAST_LOOK (a poll) --> INPUT_ENDS --the body ends, all is sent--> LINGERING --> closed
   *
   * LAST_LOOK: what lies in the socket is a request that has arrived, so there is one more poll before
   * the reader's input ends.
   *
   * LINGERING: a socket that is closed with unread bytes in it resets the connection, and the peer may
   * lose the answer with that. So only the output is ended, and what comes is dropped until the peer has
   * ended its side, for a second at most. That is for connections that were written to since the end
   * began. An idle peer may not notice our end for long, and has its answers.
   */

  private static final Duration A_POLL = Duration.ofMillis(1);
  private static final Duration LINGER = Duration.ofSeconds(1);

  private final ConnectionHandler connection;
  private final Channel channel;
  private TimerHandle timer;
  private boolean wrote;
  private boolean lingering;

  GracefulEnd(ConnectionHandler connection) {
    this.connection = connection;
    this.channel = connection.channel();
    this.timer = connection.loop().callLater(A_POLL, this::endInput);
  }

  /// Ends the input behind what the next look at the sockets brings.
  private void endInput() {
    channel.eventLoop().execute(connection.reader()::feedEofWhenEmpty);
  }

  /// The body has written something.
  void written() {
    wrote = true;
  }

  /// {@return whether what comes is to be dropped until the peer ends}
  boolean isLingering() {
    return lingering;
  }

  /// {@return what to do when everything was sent and the connection is to be closed}
  ChannelFutureListener whenSent() {
    return wrote && !connection.isTls() && channel instanceof SocketChannel socket
        ? sent -> linger(socket, sent)
        : ChannelFutureListener.CLOSE;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // a socket that cannot be ended is gone
  private void linger(SocketChannel socket, ChannelFuture sent) {
    if (!sent.isSuccess() || socket.isInputShutdown()) {
      socket.close();
      return;
    }
    lingering = true;
    timer = connection.loop().callLater(LINGER, this::close);
    socket.config().setAutoRead(true);
    socket.shutdownOutput();
  }

  /// The peer has ended its side.
  void inputEnded() {
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
  void stop() {
    timer.cancel();
  }
}
