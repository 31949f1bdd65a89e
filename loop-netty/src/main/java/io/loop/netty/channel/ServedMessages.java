package io.loop.netty.channel;

import io.loop.event.Loop;
import io.loop.netty.NettyLoop;
import io.loop.netty.core.ChannelCore;
import io.loop.netty.core.GracefulEnd;
import io.loop.netty.served.Activity;
import io.loop.netty.served.Place;
import io.loop.netty.served.SendProgress;
import io.loop.netty.served.Served;
import io.netty.channel.Channel;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// A channel of messages as its server sees it: its limits and its graceful end. The channel's loop
/// only.
final class ServedMessages implements Served {

  private final Loop loop;
  private final ChannelCore core;
  private final Inbound<?> inbound;
  private final MessageWrites writes;
  private final Activity activity = new Activity();
  private final SendProgress sent = new SendProgress();
  private final @Nullable Place connection; // if this is one of its streams
  private @Nullable GracefulEnd ending;
  private boolean running; // the body

  ServedMessages(Loop loop, ChannelCore core, Inbound<?> inbound, MessageWrites writes) {
    this.loop = loop;
    this.core = core;
    this.inbound = inbound;
    this.writes = writes;
    this.connection = connectionOf(core.channel(), loop);
  }

  /// {@return the place of the connection that a channel is a stream of; null if no server accepted
  /// it, or the stream's coroutine runs on another loop}
  private static @Nullable Place connectionOf(Channel channel, Loop loop) {
    Channel parent = channel.parent();
    Place place = parent == null ? null : Place.of(parent);
    return place != null && NettyLoop.of(parent.eventLoop()) == loop ? place : null;
  }

  // --- what happens to the channel ---

  /// The body has started.
  void bodyBegan() {
    running = true;
  }

  /// {@return whether the body has started}
  boolean isRunning() {
    return running;
  }

  /// A message has arrived.
  void received() {
    activity.received(1);
    streamMoved();
  }

  private void streamMoved() {
    if (connection != null) {
      connection.streamMoved();
    }
  }

  /// The body is going to write something.
  void written() {
    streamMoved();
    if (ending != null && writes.isOpen()) {
      ending.written();
    }
  }

  /// The peer has shut down its output.
  void inputEnded() {
    if (ending != null) {
      ending.inputEnded();
    }
  }

  /// {@return whether input is dropped until the peer shuts down its output}
  boolean isLingering() {
    return ending != null && ending.isLingering();
  }

  /// Closes the channel slowly, if its graceful end needs that.
  ///
  /// @return false if the channel can be closed at once
  boolean linger() {
    return ending != null && ending.linger();
  }

  /// The channel is gone.
  void stop() {
    if (ending != null) {
      ending.stop();
    }
  }

  // --- what its server asks for ---

  @Override
  public Loop loop() {
    return loop;
  }

  @Override
  public Channel channel() {
    return core.channel();
  }

  @Override
  public boolean isClosing() {
    return !core.life().isOpen();
  }

  @Override
  public void close() {
    core.close();
  }

  @Override
  public void abort() {
    core.abort();
  }

  @Override
  public void cut(IOException reason) {
    if (core.life().isSending()) {
      writes.cutBecause(reason);
      boolean _ = inbound.fail(reason, Integer.MAX_VALUE);
      core.fail(reason);
      core.outgoing().wakeWriters();
    }
  }

  /// Ends it gracefully: what has arrived can be received, and what the body writes is sent. Then
  /// the input ends, and the body closes the channel.
  @Override
  public void finish() {
    if (!running) {
      core.close();
    } else if (ending == null && core.life().isSending()) {
      ending = new GracefulEnd(core, inbound::endWhenWhole);
    }
  }

  @Override
  public Activity lookAtActivity() {
    boolean moved = sent.hasMoved(core.channel(), writes.waiting());
    activity.look(loop.time(), writes.passed(), moved);
    return activity;
  }

  @Override
  public boolean hasBeenRead() {
    return activity.received() > inbound.size();
  }
}
