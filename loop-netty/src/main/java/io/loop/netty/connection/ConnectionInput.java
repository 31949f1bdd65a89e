package io.loop.netty.connection;

import io.loop.netty.served.Activity;
import io.loop.stream.StreamReader;
import io.netty.buffer.ByteBuf;
import java.time.Duration;

/// What a [Connection] has received: the bytes on their way into its reader. The loop's thread.
final class ConnectionInput {

  private static final int LENT_SHARE = 4;

  private final StreamReader reader;
  private final Activity activity = new Activity();
  private boolean ended;

  ConnectionInput(StreamReader reader) {
    this.reader = reader;
  }

  /// Adds what has arrived; does not release it.
  ///
  /// @return false if the input has ended, and the data was dropped
  boolean add(ByteBuf data) {
    if (ended || reader.atEof()) {
      return false;
    }
    activity.received(data.readableBytes());
    if (isWorthLending(data)) {
      reader.feedSegment(new BufferSegment(data.retain()));
    } else if (data.nioBufferCount() == 1) {
      reader.feedData(data.nioBuffer());
    } else {
      for (var part : data.nioBuffers()) {
        reader.feedData(part);
      }
    }
    return true;
  }

  /// A buffer that is mostly empty is lent only if it is the only one: a reader that is slow must
  /// not hold many of them.
  private boolean isWorthLending(ByteBuf data) {
    return data.isReadable()
        && reader.takesSegments()
        && (reader.buffered() == 0 || data.readableBytes() >= data.capacity() / LENT_SHARE);
  }

  void end() {
    if (!ended) {
      ended = true;
      reader.feedEof();
    }
  }

  boolean hasEnded() {
    return ended;
  }

  /// {@return whether the reader has given out something}
  boolean hasBeenRead() {
    return activity.received() > reader.buffered();
  }

  /// Records whether anything has happened since the last call; see [Activity#look].
  Activity look(Duration now, long passed, boolean moved) {
    activity.look(now, passed, moved);
    return activity;
  }
}
