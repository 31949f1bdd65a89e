package io.loop.samples;

import io.loop.Asyncio;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Serial;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/// A mail that is being written to a file. It gets its name when it is complete and on the disk, so
/// a reader of the directory sees whole mails only.
///
/// The files are written on other threads: a slow disk does not hold up the other connections.
final class SmtpMail implements AutoCloseable {

  /// The disk does not take the mail.
  static final class StorageException extends Exception {
    @Serial private static final long serialVersionUID = 1;

    StorageException(IOException cause) {
      super("cannot write a mail: " + cause.getMessage(), cause);
    }
  }

  private static final int BLOCK = 65_536;

  private final Path draft;
  private final Path mail;
  private final FileChannel file;
  private final ByteArrayOutputStream block = new ByteArrayOutputStream();

  private SmtpMail(Path draft, Path mail, FileChannel file) {
    this.draft = draft;
    this.mail = mail;
    this.file = file;
  }

  /// Creates a mail. Suspends.
  static SmtpMail create(Path directory) throws StorageException {
    String name = UUID.randomUUID().toString();
    Path draft = directory.resolve(name + ".part");
    FileChannel file =
        onThread(
            () -> FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    return new SmtpMail(draft, directory.resolve(name + ".eml"), file);
  }

  /// Adds bytes. Suspends when there are enough for the disk.
  ///
  /// @return whether it has waited for the disk
  boolean add(byte[] bytes, int from) throws StorageException {
    block.write(bytes, from, bytes.length - from);
    if (block.size() < BLOCK) {
      return false;
    }
    flush();
    return true;
  }

  private void flush() throws StorageException {
    ByteBuffer bytes = ByteBuffer.wrap(block.toByteArray());
    block.reset();
    onThread(() -> {
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
      return file;
    });
  }

  /// Completes the mail. Suspends until it is on the disk.
  ///
  /// @return its name
  String complete() throws StorageException {
    flush();
    onThread(() -> {
      file.force(true);
      file.close();
      return Files.move(draft, mail, StandardCopyOption.ATOMIC_MOVE);
    });
    return String.valueOf(mail.getFileName());
  }

  /// Deletes the mail if it is not complete. Does not suspend, so that a cancellation cannot leave
  /// a file behind.
  @Override
  public void close() throws StorageException {
    try {
      file.close();
      Files.deleteIfExists(draft);
    } catch (IOException fault) {
      throw new StorageException(fault);
    }
  }

  /// Does something with the disk. Suspends meanwhile.
  private static <T> T onThread(Work<T> work) throws StorageException {
    return Asyncio.toThread(() -> {
      try {
        return work.run();
      } catch (IOException fault) {
        throw new StorageException(fault);
      }
    });
  }

  private interface Work<T> {
    T run() throws IOException;
  }
}
