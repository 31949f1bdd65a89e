package io.loop.netty.name;

import io.loop.netty.base.HostNames;
import io.netty.resolver.HostsFileEntriesProvider;
import io.netty.util.NetUtil;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The names that this machine knows itself: those of its hosts file, and `localhost`. Any thread.
///
/// The file is small and local, so it is read on the loop's thread: at the first look-up, and again
/// after it has changed. Netty reads it once per process.
final class HostsFile {

  static final HostsFile SYSTEM = new HostsFile(systemPath());

  private static final String LOCALHOST = "localhost";

  /// What was read.
  ///
  /// @param version distinguishes it from a changed file; null if there was none
  private record Content(
      @Nullable Object version,
      Map<String, List<InetAddress>> fours,
      Map<String, List<InetAddress>> sixes) {}

  /// What tells a changed file from the one that was read.
  private record Version(Object modified, long size, @Nullable Object key) {}

  private final Path path;
  private volatile Content content = new Content(null, Map.of(), Map.of());

  HostsFile(Path path) {
    this.path = path;
  }

  private static Path systemPath() {
    return PlatformDependent.isWindows()
        ? Path.of(System.getenv().getOrDefault("SystemRoot", "C:\\Windows"))
            .resolve("system32/drivers/etc/hosts")
        : Path.of("/etc/hosts");
  }

  /// {@return the addresses of a name, or null if only others know them}
  ///
  /// @param name the name, in lower case
  @Nullable List<InetAddress> addresses(String name) {
    String plain = HostNames.withoutLastDot(name);
    Content current = read();
    List<InetAddress> found =
        inOrder(
            current.fours.getOrDefault(plain, List.of()),
            current.sixes.getOrDefault(plain, List.of()));
    if (!found.isEmpty()) {
      return found;
    }
    // RFC 6761: such names are not for name servers
    return plain.equals(LOCALHOST) || plain.endsWith("." + LOCALHOST)
        ? inOrder(List.of(NetUtil.LOCALHOST4), List.of(NetUtil.LOCALHOST6))
        : null;
  }

  private static List<InetAddress> inOrder(List<InetAddress> fours, List<InetAddress> sixes) {
    if (NetUtil.isIpV4StackPreferred()) {
      return fours;
    }
    List<InetAddress> both = new ArrayList<>();
    both.addAll(NetUtil.isIpV6AddressesPreferred() ? sixes : fours);
    both.addAll(NetUtil.isIpV6AddressesPreferred() ? fours : sixes);
    return both;
  }

  private Content read() {
    Content known = content;
    Version version = version();
    if (Objects.equals(version, known.version)) {
      return known;
    }
    Content fresh;
    try {
      HostsFileEntriesProvider entries =
          HostsFileEntriesProvider.parser().parse(path.toFile(), StandardCharsets.UTF_8);
      fresh = new Content(version, entries.ipv4Entries(), entries.ipv6Entries());
    } catch (IOException unreadable) {
      fresh = new Content(version, Map.of(), Map.of()); // as for the system: it names no host
    }
    content = fresh;
    return fresh;
  }

  private @Nullable Version version() {
    try {
      var file = Files.readAttributes(path, BasicFileAttributes.class);
      return new Version(file.lastModifiedTime(), file.size(), file.fileKey());
    } catch (IOException missing) {
      return null;
    }
  }
}
