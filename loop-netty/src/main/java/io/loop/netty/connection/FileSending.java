package io.loop.netty.connection;

import io.loop.netty.base.Disconnects;
import io.loop.stream.StreamWriter;
import io.loop.task.LoopFuture;
import io.loop.task.Tasks;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.FileRegion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/// Sends files: with the system's sendfile if possible, otherwise by reading them. Coroutines only.
public final class FileSending {

  /*
   * Files are sent in pieces, so a cancellation does not have to wait for a gigabyte, and a
   * connection that makes progress does not look idle. Reading blocks, and interrupting a coroutine
   * in a read would close its file, so another thread reads.
   *
   * A piece that fails, for example because the file was closed, has been sent in part. Depending
   * on the transport, Netty then shuts down the connection's output or closes the connection; this
   * closes it in any case.
   */

  private static final int PIECE = 1 << 20;
  private static final int BLOCK = 1 << 16;

  private final Connection connection;
  private final StreamWriter writer;
  private final FileChannel file;
  private boolean underWay;
  private boolean closing;

  public FileSending(StreamWriter writer, FileChannel file) {
    this.connection = Connection.of(writer);
    this.writer = writer;
    this.file = file;
  }

  /// Sends a file and closes it; if a cancelled piece is still being sent, closes it after that.
  public long sendAndClose() throws IOException {
    try {
      return send(0, Long.MAX_VALUE);
    } finally {
      if (underWay) {
        closing = true;
      } else {
        file.close();
      }
    }
  }

  public long send(long offset, long count) throws IOException {
    if (offset < 0 || count < 0) {
      throw new IllegalArgumentException("offset and count cannot be negative");
    }
    long end = offset + Math.min(count, Math.max(0, file.size() - offset));
    long position = offset;
    connection.transport().beginFile();
    try {
      writer.drain(); // everything pending is passed to Netty before the file
      while (position < end) {
        position += sendSome(position, end - position);
      }
    } finally {
      connection.transport().endFile();
      if (file.isOpen()) {
        file.position(position);
      }
    }
    return position - offset;
  }

  private long sendSome(long position, long left) throws IOException {
    if (connection.isClosing()) {
      throw closedMeanwhile();
    }
    if (!file.isOpen()) {
      throw new ClosedChannelException(); // the connection is unchanged
    }
    return connection.transport().takesFiles()
        ? sendPiece(position, left)
        : sendBlock(position, left);
  }

  private static IOException closedMeanwhile() {
    return new IOException("the connection was closed while a file was being sent");
  }

  private long sendPiece(long position, long left) throws IOException {
    long length = Math.min(left, PIECE);
    var sent = new LoopFuture<@Nullable Void>(connection.loop());
    FileRegion region = new DefaultFileRegion(file, position, length);
    region.retain(); // never released: Netty's last release would close the caller's file
    Tasks.onLoopThread(() -> {
      connection.transport().sendFile(region).addListener(done -> settle(sent, done.cause()));
      underWay = !sent.isDone(); // not if it threw: then the listener would never close the file
      return true;
    });
    sent.await(IOException.class);
    return length;
  }

  private void settle(LoopFuture<@Nullable Void> sent, @Nullable Throwable fault)
      throws IOException {
    underWay = false;
    if (closing) {
      file.close();
    }
    boolean closedByUs = connection.isClosing();
    if (fault != null) {
      connection.core().fail(Disconnects.causeOf(fault));
    }
    if (connection.loop().isClosed() || sent.isDone()) {
      return;
    }
    if (fault == null) {
      sent.setResult(null);
    } else if (closedByUs && fault instanceof ClosedChannelException) {
      sent.setException(closedMeanwhile());
    } else {
      sent.setException(Disconnects.inJdksTerms(fault));
    }
  }

  private long sendBlock(long position, long left) throws IOException {
    ByteBuffer block = ByteBuffer.allocate((int) Math.min(left, BLOCK));
    int length =
        Tasks.runInExecutor(connection.loop(), null, () -> file.read(block, position))
            .await(IOException.class);
    if (length <= 0) {
      throw new IOException("the file has become shorter while it was being sent");
    }
    connection.transport().enqueue(block.array(), 0, length);
    writer.drain();
    return length;
  }
}
