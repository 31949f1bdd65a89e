package io.loop.event;

import org.jspecify.annotations.Nullable;

/// Who a loop's guests are: what a report about a loop that is held up asks. Any thread.
///
/// This is for layers that give loop work a stack of its own; programs have no use for it.
public interface GuestDirectory {

  /// A guest, as a report needs it.
  ///
  /// @param text what it is and where it stands; may have several lines
  /// @param needsLoop whether it goes on only when the loop does; else it is in a blocking call
  record Entry(String text, boolean needsLoop) {}

  /// {@return how many guests there are}
  int count();

  /// {@return the guest whose body a thread runs, or null if that is none of this loop's}
  ///
  /// @param threadId the id of the thread
  @Nullable Entry find(long threadId);
}
