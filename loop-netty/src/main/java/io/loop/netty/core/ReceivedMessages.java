package io.loop.netty.core;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Messages until the end of the stream, as an iterator, which cannot throw checked exceptions.
///
/// @param <M> the type of the messages
public final class ReceivedMessages<M> implements Iterator<M> {

  /// The source of the messages.
  ///
  /// @param <M> their type
  @FunctionalInterface
  public interface Source<M> {
    /// {@return the next message, or null at the end} Suspends.
    @Nullable M receive() throws IOException;
  }

  private final Source<? extends M> source;
  private @Nullable M ahead;

  public ReceivedMessages(Source<? extends M> source) {
    this.source = source;
  }

  @Override
  public boolean hasNext() {
    if (ahead == null) {
      try {
        ahead = source.receive();
      } catch (IOException fault) {
        throw new UncheckedIOException(fault);
      }
    }
    return ahead != null;
  }

  @Override
  public M next() {
    if (!hasNext()) {
      throw new NoSuchElementException("nothing more will be received");
    }
    M message = Objects.requireNonNull(ahead);
    ahead = null;
    return message;
  }
}
