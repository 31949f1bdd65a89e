package io.loop.netty.base;

import io.netty.util.NetUtil;
import java.net.IDN;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The forms of a host: an address, or a name that DNS can look up.
public final class HostNames {

  private static final int LONGEST_NAME = 253; // characters, without the dot at the end
  private static final int LONGEST_LABEL = 63;
  private static final char DELETE = 0x7f;

  private HostNames() {}

  /// {@return the address that a host is, or null if it is a name}
  ///
  /// @throws UnknownHostException if this machine does not have the network interface of a literal
  ///   such as `fe80::1%eth0`
  public static @Nullable InetAddress literal(String host) throws UnknownHostException {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
    if (bytes == null) {
      return null;
    }
    return host.indexOf('%') < 0 ? InetAddress.getByAddress(bytes) : scoped(host);
  }

  private static InetAddress scoped(String literal) throws UnknownHostException {
    try {
      return InetAddress.ofLiteral(literal);
    } catch (IllegalArgumentException noInterface) {
      var fault =
          new UnknownHostException(
              "this machine does not have the network interface in " + literal);
      fault.initCause(noInterface);
      throw fault;
    }
  }

  /// Refuses the empty name, which the JDK takes for this machine.
  public static void requireName(String host) throws UnknownHostException {
    if (host.isEmpty()) {
      throw new UnknownHostException("the host name is empty");
    }
  }

  /// {@return a name as DNS has it: in ASCII (RFC 3490), in lower case; a dot at the end stays}
  ///
  /// @throws UnknownHostException if it cannot be the name of a host
  public static String ascii(String host) throws UnknownHostException {
    requireName(host);
    String name = toAscii(host).toLowerCase(Locale.ROOT);
    String relative = withoutLastDot(name);
    if (relative.length() > LONGEST_NAME) {
      throw invalid(host, "it is longer than " + LONGEST_NAME + " characters");
    }
    for (String label : relative.split("\\.", -1)) {
      if (label.isEmpty()) {
        throw invalid(host, "a part between dots is empty");
      }
      if (label.length() > LONGEST_LABEL) {
        throw invalid(host, "a part between dots is longer than " + LONGEST_LABEL + " characters");
      }
    }
    if (relative.chars().anyMatch(each -> each <= ' ' || each >= DELETE)) {
      throw invalid(host, "it has a blank or a control character");
    }
    return name;
  }

  private static String toAscii(String host) throws UnknownHostException {
    try {
      String name = IDN.toASCII(host);
      // Java drops the dot after a name that has other than ASCII characters
      return isAbsolute(host) && !isAbsolute(name) ? name + "." : name;
    } catch (IllegalArgumentException fault) {
      throw invalid(host, String.valueOf(fault.getMessage()));
    }
  }

  private static UnknownHostException invalid(String host, String reason) {
    return new UnknownHostException(host + ": not a host name: " + reason);
  }

  private static boolean isAbsolute(String name) {
    return name.endsWith(".");
  }

  public static String withoutLastDot(String name) {
    return isAbsolute(name) ? name.substring(0, name.length() - 1) : name;
  }
}
