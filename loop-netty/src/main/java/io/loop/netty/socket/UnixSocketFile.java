package io.loop.netty.socket;

import java.io.IOException;
import java.net.BindException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The file of a Unix socket that a server listens on.
///
/// The file of an earlier server is removed before binding. The server's own file is removed when
/// it closes, unless another file has replaced it.
public final class UnixSocketFile {

  /*
   * When Netty's channels close, they remove any file of that name. A file of another server is
   * kept by a second link, which is then moved back.
   */

  private static final int TYPE = 0xF000;
  private static final int SOCKET = 0xC000;

  private final Path path;
  private @Nullable Object identity;
  private @Nullable Path refuge;

  public UnixSocketFile(Path path) {
    this.path = path;
  }

  Path path() {
    return path;
  }

  /// Removes an existing socket, or a link to one, as asyncio does. Netty's native transports would
  /// remove any file.
  ///
  /// @throws BindException if the file is something else
  public void removeStale() throws IOException {
    try {
      if (((int) Files.getAttribute(path, "unix:mode") & TYPE) != SOCKET) {
        throw new BindException("could not listen on " + path + ": another file exists there");
      }
      Files.delete(path);
    } catch (NoSuchFileException free) {
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        throw new BindException(
            "could not listen on " + path + ": a broken symbolic link exists there");
      }
    }
  }

  /// Records the identity of the file, after it is bound.
  public void identify() throws IOException {
    identity = currentIdentity();
  }

  private @Nullable Object currentIdentity() throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .fileKey();
    } catch (NoSuchFileException gone) {
      return null;
    }
  }

  /// Must be called before the channel is closed.
  public void beforeClose() throws IOException {
    Object current = currentIdentity();
    if (current != null && !current.equals(identity)) {
      Path link =
          path.resolveSibling(path.getFileName() + ".kept-" + System.identityHashCode(this));
      refuge = Files.createLink(link, path);
    }
  }

  /// Must be called after the channel was closed.
  public void afterClose() throws IOException {
    Path kept = refuge;
    if (kept == null) {
      if (identity != null && Objects.equals(currentIdentity(), identity)) {
        Files.deleteIfExists(path);
      }
    } else if (currentIdentity() == null) {
      Files.move(kept, path, StandardCopyOption.ATOMIC_MOVE);
    } else {
      Files.deleteIfExists(kept);
    }
  }
}
