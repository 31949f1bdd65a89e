package io.loop.netty;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// In which order a peer's addresses are tried, and what to say if none works.
final class Addresses {

  private Addresses() {}

  /// {@return the addresses of the family of another one, or all if that is null}
  static List<InetAddress> ofFamily(@Nullable InetAddress other, List<InetAddress> addresses)
      throws IOException {
    if (other == null) {
      return addresses;
    }
    var same = addresses.stream().filter(each -> each.getClass() == other.getClass()).toList();
    if (same.isEmpty()) {
      throw new ConnectException("no address of " + addresses + " is of the family of " + other);
    }
    return same;
  }

  /// {@return addresses with the families in turns, after some of the first one} RFC 8305, 4.
  static List<InetAddress> interleaved(List<InetAddress> addresses, int firstOnes) {
    if (firstOnes == 0) {
      return addresses;
    }
    var families = new LinkedHashMap<Class<?>, ArrayDeque<InetAddress>>();
    for (InetAddress address : addresses) {
      families.computeIfAbsent(address.getClass(), _ -> new ArrayDeque<>()).add(address);
    }
    List<InetAddress> ordered = new ArrayList<>();
    var first = families.firstEntry().getValue();
    while (ordered.size() < firstOnes - 1 && !first.isEmpty()) {
      ordered.add(first.remove());
    }
    while (ordered.size() < addresses.size()) {
      for (var family : families.values()) {
        if (!family.isEmpty()) {
          ordered.add(family.remove());
        }
      }
    }
    return ordered;
  }

  /// {@return one failure for those of all attempts, as asyncio words it}
  static IOException together(List<IOException> faults) {
    IOException first = faults.getFirst();
    String text = first.getMessage();
    if (faults.stream().allMatch(fault -> Objects.equals(fault.getMessage(), text))) {
      return first;
    }
    var all =
        new ConnectException(
            "Multiple exceptions: "
                + faults.stream().map(Throwable::getMessage).collect(Collectors.joining(", ")));
    faults.forEach(all::addSuppressed);
    return all;
  }
}
