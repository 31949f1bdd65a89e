package io.loop.task;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.SequencedSet;

/// How a wait for several futures found them.
///
/// Source: what `asyncio.wait` returns, Python 3.15; in argument order here.
///
/// @param done those that are done, in argument order; not modifiable
/// @param pending the others, in argument order; not modifiable
/// @param <F> what was waited for: futures, or tasks
public record WaitResult<F extends LoopFuture<?>>(SequencedSet<F> done, SequencedSet<F> pending) {

  /// Copies the sets.
  public WaitResult {
    done = Collections.unmodifiableSequencedSet(new LinkedHashSet<>(done));
    pending = Collections.unmodifiableSequencedSet(new LinkedHashSet<>(pending));
  }
}
