package io.loop.samples;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The files of a directory, for [HttpConnection]. Its methods block.
///
/// A path is refused if it leads out of the directory or to a name that begins with a dot, also by
/// a symbolic link. Programs that can write into the directory are trusted: one of them could
/// replace a directory by a link between the check and the opening.
final class HttpFiles {

  private static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("css", "text/css; charset=utf-8"),
          Map.entry("gif", "image/gif"),
          Map.entry("html", "text/html; charset=utf-8"),
          Map.entry("ico", "image/x-icon"),
          Map.entry("jpg", "image/jpeg"),
          Map.entry("js", "text/javascript; charset=utf-8"),
          Map.entry("json", "application/json"),
          Map.entry("mjs", "text/javascript; charset=utf-8"),
          Map.entry("mp3", "audio/mpeg"),
          Map.entry("mp4", "video/mp4"),
          Map.entry("pdf", "application/pdf"),
          Map.entry("png", "image/png"),
          Map.entry("svg", "image/svg+xml"),
          Map.entry("txt", "text/plain; charset=utf-8"),
          Map.entry("wasm", "application/wasm"),
          Map.entry("wav", "audio/wav"),
          Map.entry("webm", "video/webm"),
          Map.entry("webp", "image/webp"),
          Map.entry("woff2", "font/woff2"));

  private final Path root;

  /// Serves a directory.
  ///
  /// @throws IOException if there is no such directory
  HttpFiles(Path root) throws IOException {
    try {
      this.root = root.toRealPath();
      if (!Files.isDirectory(this.root)) {
        throw new NotDirectoryException(root.toString());
      }
    } catch (IOException fault) {
      throw FileFaults.cannot("serve the directory", root, fault);
    }
  }

  /// Opens a file, or the `index.html` of a directory.
  ///
  /// @param path the path of the request, decoded
  /// @throws HttpRefusal if there is no such file, or its path is refused
  /// @throws UncheckedIOException if it cannot be read
  Content open(String path) throws HttpRefusal {
    if (path.startsWith("//")) {
      throw new HttpRefusal(HttpResponseStatus.NOT_FOUND);
    }
    try {
      Path file = inside(root.resolve(path.substring(1)).normalize());
      if (Files.isDirectory(file, NOFOLLOW_LINKS)) {
        if (!path.endsWith("/")) {
          String location = new URI(null, null, path + "/", null).toASCIIString();
          throw new HttpRefusal(
              HttpResponseStatus.MOVED_PERMANENTLY, HttpHeaderNames.LOCATION, location);
        }
        file = inside(file.resolve("index.html"));
      }
      var attributes = Files.readAttributes(file, BasicFileAttributes.class, NOFOLLOW_LINKS);
      if (!attributes.isRegularFile()) {
        throw new HttpRefusal(HttpResponseStatus.NOT_FOUND);
      }
      var opened = FileChannel.open(file, StandardOpenOption.READ, NOFOLLOW_LINKS);
      var modified = attributes.lastModifiedTime().toInstant().truncatedTo(ChronoUnit.SECONDS);
      return new Content(opened, opened.size(), modified, type(file));
    } catch (InvalidPathException | FileSystemException | URISyntaxException missing) {
      throw new HttpRefusal(HttpResponseStatus.NOT_FOUND);
    } catch (IOException fault) {
      throw new UncheckedIOException(fault); // of this machine, not of the connection
    }
  }

  private Path inside(Path path) throws HttpRefusal, IOException {
    Path real = path.startsWith(root) ? path.toRealPath() : path;
    if (!real.startsWith(root) || isHidden(real)) {
      throw new HttpRefusal(HttpResponseStatus.NOT_FOUND);
    }
    return real;
  }

  private boolean isHidden(Path real) {
    for (Path name : root.relativize(real)) {
      if (name.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  private static String type(Path file) {
    String name = file.getFileName().toString();
    String extension = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return TYPES.getOrDefault(extension, "application/octet-stream");
  }

  /// An open file; the receiver must close the channel.
  ///
  /// @param file its bytes
  /// @param size how many
  /// @param modified when they last changed, in whole seconds
  /// @param type the content type
  record Content(FileChannel file, long size, Instant modified, String type) {

    boolean isNewerThan(@Nullable String httpDate) {
      Date since = httpDate == null ? null : DateFormatter.parseHttpDate(httpDate);
      return since == null || modified.isAfter(since.toInstant());
    }
  }

  /// The bytes of a file to send.
  ///
  /// @param start the first byte
  /// @param length how many
  record Range(long start, long length) {

    private static final Pattern BYTES = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

    /// {@return the range that a request asks for, or null for the whole file} As HTTP allows,
    /// several ranges and unknown units count as none.
    ///
    /// @throws HttpRefusal if the file has no such bytes
    static @Nullable Range of(HttpHeaders headers, Content content) throws HttpRefusal {
      String asked = headers.get(HttpHeaderNames.RANGE);
      String unchanged = headers.get(HttpHeaderNames.IF_RANGE);
      if (asked == null
          || (unchanged != null
              && !unchanged.equals(DateFormatter.format(Date.from(content.modified()))))) {
        return null;
      }
      Matcher range = BYTES.matcher(asked);
      if (!range.matches() || asked.equals("bytes=-")) {
        return null;
      }
      String from = range.group(1);
      String to = range.group(2);
      long size = content.size();
      long start = from.isEmpty() ? Math.max(0, size - Long.parseLong(to)) : Long.parseLong(from);
      long end = from.isEmpty() || to.isEmpty() ? size : Math.min(size, Long.parseLong(to) + 1);
      if (!from.isEmpty() && !to.isEmpty() && Long.parseLong(to) < start) {
        return null; // not a range at all
      }
      if (start >= end) {
        throw new HttpRefusal(
            HttpResponseStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            HttpHeaderNames.CONTENT_RANGE,
            "bytes */" + size);
      }
      return new Range(start, end - start);
    }

    String text(long size) {
      return "bytes " + start + "-" + (start + length - 1) + "/" + size;
    }
  }
}
