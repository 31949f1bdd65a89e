package io.loop;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The result of a staggered race.
///
/// Source: the tuple that `asyncio.staggered.staggered_race` returns, Python 3.15.
///
/// @param value the winner's result; null if no body succeeded
/// @param winner the index of the winner among the bodies; -1 if no body succeeded
/// @param exceptions the exception of each body that was started: null for the winner, a
///   [io.loop.task.CancelledError] for a body that was cancelled because another one won
/// @param <T> the type of the result
public record RaceResult<T extends @Nullable Object>(
    @Nullable T value, int winner, List<@Nullable Throwable> exceptions) {

  /// Copies the exceptions.
  public RaceResult {
    exceptions = Collections.unmodifiableList(new ArrayList<>(exceptions));
  }

  /// {@return whether a body succeeded}
  public boolean isWon() {
    return winner >= 0;
  }
}
