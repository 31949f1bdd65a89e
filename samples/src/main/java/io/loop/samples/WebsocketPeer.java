package io.loop.samples;

import io.loop.Asyncio;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.scope.CancelScope;
import io.loop.scope.TaskGroup;
import io.loop.scope.Timeout;
import io.loop.sync.Queue;
import io.loop.sync.QueueShutDownException;
import io.loop.sync.RateLimiter;
import io.loop.task.Task;
import io.netty.buffer.ByteBufHolder;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/// A peer that has a name: what it says, and what it hears.
final class WebsocketPeer {

  /*
   *   reader of a peer ---room.say---> `waiting` of each peer ---its writer---> its connection
   *
   * Three tasks: the coroutine of the channel reads, one task writes, one pings. `pace` and
   * the room slow the reading down, and TCP then slows down a peer that says too much. A peer that
   * does not read holds up no other: when its `waiting` is full, it has to leave.
   *
   *   in the room ---leave(status, reason)---> left     the first reason counts
   *
   * After that the writer sends what is waiting, and the reason in a close frame. The connection is
   * closed when the peer's close frame has come, or after FAREWELL.
   */

  private static final Duration FAREWELL = Duration.ofSeconds(3);

  private final CoroutineChannel<ByteBufHolder> channel;
  private final WebsocketRoom room;
  private final String name;
  private final Queue<String> waiting;
  private final RateLimiter pace;
  private final CancelScope listening = new CancelScope();
  private boolean left;
  private boolean goodbye; // the peer has sent a close frame
  private WebSocketCloseStatus status = WebSocketCloseStatus.NORMAL_CLOSURE;
  private String reason = "";

  private WebsocketPeer(CoroutineChannel<ByteBufHolder> channel, WebsocketRoom room, String name) {
    this.channel = channel;
    this.room = room;
    this.name = name;
    this.waiting = new Queue<>(room.limits().waiting());
    this.pace = new RateLimiter(room.limits().rate(), Duration.ofSeconds(1));
  }

  /// Serves a peer until its connection has ended.
  ///
  /// @param name its first message
  static void serve(CoroutineChannel<ByteBufHolder> channel, WebsocketRoom room, String name) {
    String obstacle = room.obstacle(name);
    if (obstacle == null) {
      new WebsocketPeer(channel, room, name).converse();
    } else {
      dismiss(channel, WebSocketCloseStatus.POLICY_VIOLATION, obstacle);
    }
  }

  /// Ends a connection with a reason.
  static void dismiss(
      CoroutineChannel<ByteBufHolder> channel, WebSocketCloseStatus status, String reason) {
    channel.write(new CloseWebSocketFrame(status, reason));
    if (!Asyncio.moveOnAfter(FAREWELL, () -> receiveRest(channel))) {
      channel.abort();
    }
  }

  /// Drops what still comes, until the peer's close frame or the end of the connection.
  private static void receiveRest(CoroutineChannel<ByteBufHolder> channel) {
    try {
      for (ByteBufHolder rest : channel.readable()) {
        if (rest instanceof CloseWebSocketFrame) {
          return;
        }
      }
    } catch (UncheckedIOException | DecoderException over) {
      // it is dismissed anyway
    }
  }

  private void converse() {
    room.enter(name, this);
    try {
      TaskGroup.run(group -> {
        Task<?> writing = group.createTask(this::writeAll);
        group.createTask(this::pingOn);
        room.say("* " + name + " joined");
        boolean _ = listening.with(this::listen);
        if (!room.isClosing()) {
          room.say("* " + name + " left: " + reason);
        }
        if (!Asyncio.moveOnAfter(FAREWELL, () -> finish(writing))) {
          channel.abort(); // the peer does not read
        }
        group.cancel();
      });
    } finally {
      leave(WebSocketCloseStatus.INTERNAL_SERVER_ERROR, "the server failed");
    }
  }

  private void finish(Task<?> writing) {
    var _ = writing.await();
    if (!goodbye) {
      receiveRest(channel);
    }
  }

  private void listen() {
    try {
      hearAll();
      if (room.isClosing()) {
        leave(WebSocketCloseStatus.ENDPOINT_UNAVAILABLE, "the server is shutting down");
      } else {
        connectionLost();
      }
    } catch (TimeoutException silent) {
      String seconds = room.limits().silence().toSeconds() + " seconds";
      leave(WebSocketCloseStatus.POLICY_VIOLATION, "no sign of life for " + seconds);
    } catch (TooLongFrameException tooLong) {
      String most = room.limits().message() + " bytes";
      leave(WebSocketCloseStatus.MESSAGE_TOO_BIG, "a message of more than " + most);
    } catch (DecoderException broken) {
      leave(WebSocketCloseStatus.PROTOCOL_ERROR, "a message that breaks the protocol");
    } catch (IOException lost) {
      connectionLost();
    }
  }

  private void connectionLost() {
    leave(WebSocketCloseStatus.NORMAL_CLOSURE, "connection lost");
  }

  private void hearAll() throws IOException, TimeoutException {
    Duration silence = room.limits().silence();
    Timeout.after(silence)
        .run(timeout -> {
          boolean more = true;
          while (more) {
            more = channel.receive(this::hear) && !left;
            timeout.rescheduleAfter(silence);
          }
        });
  }

  private void hear(ByteBufHolder message) {
    switch (message) {
      case TextWebSocketFrame text -> {
        pace.acquire();
        hear(Chat.printable(text.text()).strip());
      }
      case PongWebSocketFrame _ -> {} // it is there
      case CloseWebSocketFrame _ -> {
        goodbye = true;
        leave(WebSocketCloseStatus.NORMAL_CLOSURE, "goodbye");
      }
      default -> leave(WebSocketCloseStatus.INVALID_MESSAGE_TYPE, "a message that is not text");
    }
  }

  private void hear(String line) {
    switch (line) {
      case "" -> {}
      case "/who" -> offer("* " + room.who());
      case "/quit" -> leave(WebSocketCloseStatus.NORMAL_CLOSURE, "quit");
      default -> room.say("<" + name + "> " + line);
    }
  }

  /// Lets a line wait for this peer, or makes the peer leave if it is too slow. Never suspends.
  void offer(String line) {
    if (left) {
      return;
    }
    if (waiting.isFull()) {
      waiting.shutdown(true);
      String most = waiting.maxSize() + " messages were waiting";
      leave(WebSocketCloseStatus.POLICY_VIOLATION, "too slow, " + most);
    } else {
      waiting.putNowait(line);
    }
  }

  private void leave(WebSocketCloseStatus why, String because) {
    if (!left) {
      left = true;
      status = why;
      reason = because;
      room.leave(name, this);
      waiting.shutdown();
      listening.cancel();
    }
  }

  /// Writes what is waiting, and when the peer has left, the reason.
  private void writeAll() {
    try {
      for (; ; ) {
        channel.write(new TextWebSocketFrame(waiting.get()));
        channel.drain(); // waits while the peer does not read
      }
    } catch (QueueShutDownException over) {
      channel.write(new CloseWebSocketFrame(status, reason));
    } catch (IOException lost) {
      connectionLost();
    }
  }

  private void pingOn() {
    Asyncio.sleep(room.limits().ping());
    while (!left) {
      channel.write(new PingWebSocketFrame());
      Asyncio.sleep(room.limits().ping());
    }
  }
}
