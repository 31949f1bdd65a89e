package io.loop.channel;

/// The two ends of a channel: what goes in at the sender comes out at the receiver.
///
/// A channel connects the tasks of one loop. Each end is an object of its own, so a task that only
/// sends is given a sender only. An end can be copied for several tasks, and is closed by those who
/// have it: when all senders are closed, the receivers' loops end; when all receivers are closed,
/// sending fails.
///
/// Source: trio's `open_memory_channel`, anyio's `create_memory_object_stream`, tokio's
/// `mpsc::channel`; asyncio has nothing like it.
///
/// @param sender where items go in
/// @param receiver where they come out, in the order in which they were sent
/// @param <T> the type of the items
public record ChannelEnds<T>(Sender<T> sender, Receiver<T> receiver) {

  /// {@return a new channel, with one sender and one receiver} Any thread. The loop on which a task
  /// first has to wait is the channel's loop from then on.
  ///
  /// @param capacity how many items it holds that nobody has received. With zero, a send waits
  ///   until a receiver waits for its item
  /// @param <T> the type of the items; null is not an item
  /// @throws IllegalArgumentException if the capacity is negative
  public static <T> ChannelEnds<T> open(int capacity) {
    var conduit = new Conduit<T>(capacity);
    return new ChannelEnds<>(new Sender<>(conduit), new Receiver<>(conduit));
  }
}
