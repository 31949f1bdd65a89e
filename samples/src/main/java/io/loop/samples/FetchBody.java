package io.loop.samples;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import io.loop.Asyncio;
import io.loop.task.Coro;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// The body of one answer: counted, hashed and, with a path, saved. The file gets its name when it
/// is complete. Coroutine only; suspends while the disk works.
final class FetchBody implements AutoCloseable {

  private final @Nullable Path path;
  private final @Nullable Path part;
  private final long limit;
  private final MessageDigest digest;
  private @Nullable FileChannel file; // null also before the first byte
  private long size;

  FetchBody(@Nullable Path path, long limit) {
    this.path = path;
    this.part = path == null ? null : path.resolveSibling(path.getFileName() + ".part");
    this.limit = limit;
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }

  /// Adds bytes; does not release them.
  ///
  /// @throws FetchFailure if they are too many, or cannot be saved
  void add(ByteBuf content) throws IOException {
    size += content.readableBytes();
    requireAtMost(limit, size);
    digest.update(content.nioBuffer());
    if (part != null && content.isReadable()) {
      onDisk(() -> write(part, content.nioBuffer()));
    }
  }

  /// Refuses a body that is too large.
  ///
  /// @throws FetchFailure if it is
  static void requireAtMost(long limit, long size) throws FetchFailure {
    if (size > limit) {
      throw new FetchFailure("the body has more than " + limit + " bytes", false, null);
    }
  }

  private void write(Path to, ByteBuffer bytes) throws IOException {
    FileChannel opened = file;
    if (opened == null) {
      opened = FileChannel.open(to, WRITE, CREATE, TRUNCATE_EXISTING);
      file = opened;
    }
    while (bytes.hasRemaining()) {
      opened.write(bytes);
    }
  }

  /// Ends a complete body.
  ///
  /// @return its SHA-256
  /// @throws FetchFailure if it cannot be saved
  String finish() throws IOException {
    if (path != null && part != null) {
      onDisk(() -> {
        write(part, ByteBuffer.allocate(0)); // an empty body is a file too
        closeFile();
        Files.move(part, path, StandardCopyOption.REPLACE_EXISTING);
      });
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  long size() {
    return size;
  }

  private static void onDisk(Coro.Action work) throws FetchFailure {
    try {
      toTheEnd(work);
    } catch (IOException fault) {
      throw new FetchFailure("cannot save it: " + fault, false, fault);
    }
  }

  /// Works on another thread, also if the task is cancelled meanwhile: when this returns or throws,
  /// no thread uses the file or the bytes.
  private static void toTheEnd(Coro.Action work) throws IOException {
    Asyncio.shielding(() -> Asyncio.toThread(work));
  }

  private void closeFile() throws IOException {
    if (file != null) {
      file.close();
      file = null;
    }
  }

  /// Deletes what was saved of an incomplete body.
  @Override
  public void close() throws IOException {
    if (part != null && file != null) {
      onDisk(() -> {
        closeFile();
        Files.deleteIfExists(part);
      });
    }
  }
}
