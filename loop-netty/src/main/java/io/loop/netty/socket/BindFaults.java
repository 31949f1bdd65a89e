package io.loop.netty.socket;

import io.loop.netty.base.Exhaustion;
import io.netty.channel.unix.Errors;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Why an address could not be bound.
public final class BindFaults {

  /*
   * Native transports report the system's error number. NIO reports its text only, in the system's
   * language, so there the question is put to the system again: does an interface have the address,
   * is there a socket of that family. The numbers are those of Linux, then of macOS and the BSDs.
   */

  private static final List<Integer> NOT_AVAILABLE = List.of(-99, -49); // EADDRNOTAVAIL
  private static final List<Integer> NO_FAMILY = List.of(-97, -47); // EAFNOSUPPORT
  private static final int DEEPEST = 16;

  private BindFaults() {}

  /// {@return whether this machine does not have the address, or not even its family}
  ///
  /// @param address what was to be bound
  /// @param fault the failure
  public static boolean isMissing(SocketAddress address, Throwable fault) {
    if (!(address instanceof InetSocketAddress internet) || Exhaustion.isCauseOf(fault)) {
      return false;
    }
    Errors.NativeIoException told = findNative(fault);
    if (told != null) {
      int number = told.expectedErr();
      return NOT_AVAILABLE.contains(number) || NO_FAMILY.contains(number);
    }
    return !hasFamily(internet.getAddress())
        || (fault instanceof BindException && !hasAddress(internet.getAddress()));
  }

  private static Errors.@Nullable NativeIoException findNative(Throwable fault) {
    Throwable each = fault;
    for (int depth = 0; each != null && depth < DEEPEST; depth++) { // causes may form a cycle
      if (each instanceof Errors.NativeIoException found) {
        return found;
      }
      each = each.getCause();
    }
    return null;
  }

  private static boolean hasFamily(InetAddress address) {
    ProtocolFamily family =
        address instanceof Inet4Address
            ? StandardProtocolFamily.INET
            : StandardProtocolFamily.INET6;
    try (var _ = SocketChannel.open(family)) {
      return true;
    } catch (UnsupportedOperationException | IOException none) {
      return false;
    }
  }

  /// A machine has every loopback address, although its interface names only one.
  private static boolean hasAddress(InetAddress address) {
    if (address.isAnyLocalAddress() || address.isLoopbackAddress()) {
      return true;
    }
    try {
      return NetworkInterface.getByInetAddress(address) != null;
    } catch (SocketException unknown) {
      return true; // then the failure counts
    }
  }
}
