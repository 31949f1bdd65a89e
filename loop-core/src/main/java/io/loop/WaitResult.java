package io.loop;

import io.loop.task.LoopFuture;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.SequencedSet;

/// The result of waiting for several futures.
///
/// Source: the result of `asyncio.wait`, Python 3.15; here in argument order.
///
/// @param done the futures that are done, in argument order; unmodifiable
/// @param pending the other futures, in argument order; unmodifiable
/// @param <F> the type of the futures
public record WaitResult<F extends LoopFuture<?>>(SequencedSet<F> done, SequencedSet<F> pending) {

  /// Copies the sets.
  public WaitResult {
    done = Collections.unmodifiableSequencedSet(new LinkedHashSet<>(done));
    pending = Collections.unmodifiableSequencedSet(new LinkedHashSet<>(pending));
  }
}
