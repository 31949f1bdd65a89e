package io.loop.stream;

import io.loop.event.Loop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The lines of a reader, read one ahead.
final class Lines implements Iterator<byte[]> {

  private final Loop loop;
  private final StreamReader reader;
  private byte @Nullable [] line;

  Lines(Loop loop, StreamReader reader) {
    this.loop = loop;
    this.reader = reader;
  }

  @Override
  public boolean hasNext() {
    loop.checkTurn();
    byte[] ahead = line;
    if (ahead == null) {
      ahead = nextLine();
      line = ahead;
    }
    return ahead.length > 0;
  }

  @Override
  public byte[] next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the stream has ended");
    }
    byte[] ahead = Objects.requireNonNull(line);
    line = null;
    return ahead;
  }

  private byte[] nextLine() {
    try {
      return reader.readLine();
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
  }
}
