package io.loop.samples;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/// Says in words what is wrong with a file. Most exceptions of the JDK name only the file, and
/// their class says the rest.
final class FileFaults {

  private FileFaults() {}

  /// {@return the failure with a message that says what could not be done, and why}
  ///
  /// @param what for instance `read the zone file`
  static IOException cannot(String what, Path file, IOException fault) {
    return new IOException("cannot " + what + " " + file + ": " + reason(fault), fault);
  }

  /// {@return the message of a failure, which has the reason also if the JDK's has only the file}
  static String describe(IOException fault) {
    return fault instanceof FileSystemException file && file.getReason() == null
        ? file.getFile() + ": " + reason(file)
        : fault.getMessage() == null ? fault.getClass().getSimpleName() : fault.getMessage();
  }

  /// Refuses a file that cannot be read. Blocks.
  ///
  /// @param what for instance `read the certificate`
  static void requireReadable(String what, Path file) throws IOException {
    try (var opened = Files.newInputStream(file)) {
      int _ = opened.read(); // a directory can be opened, but not read
    } catch (IOException unreadable) {
      throw cannot(what, file, unreadable);
    }
  }

  private static String reason(IOException fault) {
    return switch (fault) {
      case NoSuchFileException _ -> "no such file or directory";
      case NotDirectoryException _ -> "it is not a directory";
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> "a file with this name exists already";
      case DirectoryNotEmptyException _ -> "the directory is not empty";
      case CharacterCodingException _ -> "it is not text in UTF-8";
      case FileSystemException other when other.getReason() != null -> other.getReason();
      default -> fault.getMessage() == null ? fault.getClass().getSimpleName() : fault.getMessage();
    };
  }
}
