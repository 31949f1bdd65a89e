package io.loop.event;

import org.jspecify.annotations.Nullable;

/// The guests of a loop, for reports about a loop that is held up. Any thread, except [#close].
///
/// This is for layers that run loop work on separate stacks; programs do not need it.
public interface GuestDirectory extends AutoCloseable {

  /// A guest, as a report shows it.
  ///
  /// @param text its description and its current position; may have several lines
  /// @param needsLoop whether it can continue only when the loop does; if not, it is in a blocking
  ///   call
  record Entry(String text, boolean needsLoop) {}

  /// {@return the number of guests}
  int count();

  /// {@return the guest that runs on a thread, or null if none of this loop's guests does}
  ///
  /// @param threadId the id of the thread
  @Nullable Entry find(long threadId);

  /// Ends the guests, when the loop closes; loop thread. This comes before the loop's [LoopLocal]s
  /// are closed, because guests may use any of them.
  @Override
  void close();
}
