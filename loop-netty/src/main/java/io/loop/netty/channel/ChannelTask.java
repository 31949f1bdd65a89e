package io.loop.netty.channel;

import io.loop.event.Loop;
import io.loop.netty.base.Addresses;
import io.loop.netty.channel.HandlerOptions.Disconnect;
import io.loop.netty.served.Place;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.netty.channel.ChannelHandlerContext;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/// The coroutine that serves the channel of a [CoroutineHandler], from before it starts until after
/// its end. The loop's thread.
///
/// @param <I> the type of the messages it receives
final class ChannelTask<I> {

  /*
   *   NEW --active, or handshake done--> STARTING --next tick--> RUNNING --body's end--> ENDED
   *    `---------- handshake failed, lost or removed before it runs ----------------------^
   *
   * Netty's calls come while the loop polls; begin() and ended() are callbacks of the loop. The
   * body is never entered from a Netty call.
   */

  private enum Phase {
    NEW,
    STARTING,
    RUNNING,
    ENDED
  }

  private static final Logger LOG = System.getLogger("io.loop");

  private final CoroutineHandler<I> handler;
  private final ChannelHandlerContext context;
  private final ChannelBody<I> body;
  private final Messages<I> messages;
  private final @Nullable Place place;

  private Phase phase = Phase.NEW;
  private @Nullable Task<@Nullable Void> task;

  ChannelTask(
      CoroutineHandler<I> handler,
      ChannelHandlerContext context,
      ChannelBody<I> body,
      Messages<I> messages) {
    this.handler = handler;
    this.context = context;
    this.body = body;
    this.messages = messages;
    this.place = Place.of(context.channel());
    if (place != null) {
      place.join(messages.served());
    }
  }

  boolean isNew() {
    return phase == Phase.NEW;
  }

  boolean hasEnded() {
    return phase == Phase.ENDED;
  }

  void startSoon() {
    Loop loop = messages.loop();
    if (phase == Phase.NEW && !loop.isClosed()) {
      phase = Phase.STARTING;
      loop.callSoon(this::begin);
    }
  }

  private void begin() {
    if (phase != Phase.STARTING) {
      return; // cancelled or lost before it began
    }
    phase = Phase.RUNNING;
    var served = new CoroutineChannel<>(handler, context, messages);
    Coro<@Nullable Void> coro =
        () -> { // not Coro.of: each idle channel would keep its frames
          body.serve(served);
          return null;
        };
    var options = TaskOptions.named(Addresses.text(messages.channel()));
    task = Task.create(messages.loop(), coro, options);
    messages.served().bodyBegan();
    if (place != null) {
      place.began(task);
    }
    task.addDoneCallback(this::ended);
  }

  private void ended(LoopFuture<?> done) {
    phase = Phase.ENDED;
    task = null;
    Throwable fault = done.isCancelled() ? null : done.exception();
    try {
      if (fault != null) {
        report(fault);
      }
    } finally {
      messages.useEnded(fault == null);
      if (place != null) {
        place.ended();
      }
    }
  }

  /// A lost connection is not a fault of the program, and can happen at any rate.
  private void report(Throwable fault) {
    if (messages.writes().isLoss(fault)) {
      LOG.log(
          Level.DEBUG,
          () -> "Connection lost, and its coroutine did not catch the exception: " + messages,
          fault);
    } else {
      messages.report("Unhandled exception in the coroutine of a channel", fault);
    }
  }

  /// The body has not begun, and will not.
  void giveUp() {
    if (phase == Phase.NEW || phase == Phase.STARTING) {
      phase = Phase.ENDED;
      messages.useEnded(false);
    }
  }

  /// The handler has left the pipeline of an open channel.
  void detached() {
    phase = phase == Phase.RUNNING ? phase : Phase.ENDED;
  }

  /// The channel is closed, or out of reach.
  void lost(Disconnect disconnect) {
    if (phase == Phase.NEW || messages.loop().isClosed()) {
      phase = Phase.ENDED;
      messages.useEnded(false);
    } else if (disconnect == Disconnect.CANCEL) {
      giveUp();
      if (task != null) {
        task.cancel("the connection was lost");
      }
    }
  }
}
