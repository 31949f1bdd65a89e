package io.loop.channel;

/// The two ends of a channel, which passes items from its senders to its receivers.
///
/// A channel connects tasks of one loop. The ends are separate objects, so a task that only sends
/// needs only a sender. An end can be copied for several tasks, and each copy is closed by the task
/// that uses it. When all senders are closed, the receivers' `for` loops end. When all receivers
/// are closed, sending fails.
///
/// Source: trio's `open_memory_channel`, anyio's `create_memory_object_stream`, tokio's
/// `mpsc::channel`; no asyncio equivalent.
///
/// @param sender sends items
/// @param receiver receives the items, in the order in which they were sent
/// @param <T> the type of the items
public record ChannelEnds<T>(Sender<T> sender, Receiver<T> receiver) {

  /// {@return a new channel with one sender and one receiver} Any thread. The first loop on which a
  /// task has to wait becomes the channel's loop.
  ///
  /// @param capacity the maximum number of items in the buffer. With zero, a send waits until a
  ///   receiver waits for its item
  /// @param <T> the type of the items; items must not be null
  /// @throws IllegalArgumentException if `capacity` is negative
  public static <T> ChannelEnds<T> open(int capacity) {
    var conduit = new Conduit<T>(capacity);
    return new ChannelEnds<>(new Sender<>(conduit), new Receiver<>(conduit));
  }
}
