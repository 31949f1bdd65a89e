package io.loop.netty.channel;

import io.loop.netty.base.Disconnects;
import io.loop.task.ExceptionGroup;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/// The failures of one channel that its coroutines got, to recognise them when a coroutine throws
/// them on. The channel's loop only.
final class Losses {

  // as long as they are reachable; created for the first
  private @Nullable Set<Throwable> known;

  /// {@return a failure of the channel, in the form that its coroutine sees} An ordinary loss is
  /// remembered. Any other failure is returned unchanged.
  Throwable translate(Throwable fault) {
    Throwable loss = Disconnects.inJdksTerms(fault);
    if (Disconnects.isOrdinary(loss)) {
      remember(loss);
    }
    return loss;
  }

  void remember(Throwable loss) {
    Set<Throwable> all = known;
    if (all == null) {
      all = Collections.newSetFromMap(new WeakHashMap<>());
      known = all;
    }
    all.add(loss);
  }

  /// {@return whether a failure is a remembered one, or consists of such}
  boolean contains(@Nullable Throwable fault) {
    return switch (fault) {
      case null -> false;
      case UncheckedIOException unchecked -> contains(unchecked.getCause());
      case ExceptionGroup several -> several.exceptions().stream().allMatch(this::contains);
      default -> known != null && known.contains(fault);
    };
  }
}
