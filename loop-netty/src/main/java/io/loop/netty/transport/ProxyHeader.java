package io.loop.netty.transport;

import io.loop.netty.base.Addresses;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The PROXY header of a connection: on whose behalf a proxy has opened it.
///
/// A server gets it from `writer.getExtraInfo("proxyHeader")`, see [ProxyProtocol]. A proxy sends
/// it with
/// [`ConnectionOptions.withProxyProtocol`][io.loop.netty.stream.ConnectionOptions#withProxyProtocol(ProxyHeader)].
/// A proxy behind another one may pass on the header that it has received. Any thread.
///
/// Source: the specification "The PROXY protocol, versions 1 & 2".
///
/// @param version 1 for a line of text, 2 for the binary form
/// @param source the client's address: an [InetSocketAddress], or a [DomainSocketAddress] with
///   version 2; null if the proxy opened the connection on its own behalf, or does not know
/// @param destination the address that the client connected to, of the same kind; null if and only
///   if the source is
/// @param fields additional fields; with addresses and version 2 only
public record ProxyHeader(
    int version,
    @Nullable SocketAddress source,
    @Nullable SocketAddress destination,
    List<Field> fields) {

  /// A header without addresses, for connections that a proxy opens on its own behalf.
  public static final ProxyHeader LOCAL = new ProxyHeader(2, null, null, List.of());

  private static final int ALPN = 1;
  private static final int AUTHORITY = 2;
  private static final int UNIQUE_ID = 5;
  private static final int SSL = 0x20;
  private static final int SSL_VERSION = 0x21;
  private static final int SSL_COMMON_NAME = 0x22;
  private static final int SSL_CIPHER = 0x23;
  private static final int HIGHEST_TYPE = 255;
  private static final int FIELD_HEAD = 3;
  private static final int LONGEST_PATH = 108;
  private static final int LONGEST_FIELDS = 65_535 - 2 * LONGEST_PATH;

  /// An additional field, a TLV of the specification.
  ///
  /// Any thread.
  public static final class Field {

    private final int type;
    private final byte[] value;

    /// Creates a field.
    ///
    /// @param type the type, from 0 to 255
    /// @param value the bytes, which are copied
    /// @throws IllegalArgumentException if the type is out of range
    public Field(int type, byte[] value) {
      if (type < 0 || type > HIGHEST_TYPE) {
        throw new IllegalArgumentException("type should be 0 to 255, got " + type);
      }
      this.type = type;
      this.value = value.clone();
    }

    /// {@return the type, from 0 to 255}
    public int type() {
      return type;
    }

    /// {@return a copy of the bytes}
    public byte[] value() {
      return value.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Field field
          && type == field.type
          && Arrays.equals(value, field.value);
    }

    @Override
    public int hashCode() {
      return 31 * type + Arrays.hashCode(value);
    }

    @Override
    public String toString() {
      return "Field[type=" + type + ", " + value.length + " bytes]";
    }
  }

  /// How the client was connected to the proxy, if it used TLS.
  ///
  /// @param verified whether the client has sent a certificate in this session, and it was verified
  /// @param protocol the version of TLS, such as `TLSv1.3`
  /// @param cipher the cipher suite
  /// @param commonName the common name in the client's certificate
  public record Tls(
      boolean verified,
      @Nullable String protocol,
      @Nullable String cipher,
      @Nullable String commonName) {}

  /// Checks that the values can be sent.
  ///
  /// @throws IllegalArgumentException if they cannot: another version, one address without the
  ///   other, addresses of two kinds or unresolved ones, paths that are too long, or with version 1
  ///   paths or fields
  public ProxyHeader {
    fields = List.copyOf(fields);
    if (version != 1 && version != 2) {
      throw new IllegalArgumentException("version should be 1 or 2, got " + version);
    }
    if (!areOfOneKind(source, destination)) {
      throw new IllegalArgumentException(
          "source and destination should be two internet addresses, two paths, or null, got "
              + source
              + " and "
              + destination);
    }
    requireSendable(source);
    requireSendable(destination);
    if (version == 1 && (source instanceof DomainSocketAddress || !fields.isEmpty())) {
      throw new IllegalArgumentException("version 1 has neither paths nor fields");
    }
    int bytes = 0;
    for (Field field : fields) {
      bytes += FIELD_HEAD + field.value.length;
    }
    if ((source == null && bytes > 0) || bytes > LONGEST_FIELDS) {
      throw new IllegalArgumentException(
          "fields need addresses, and space for " + bytes + " bytes: 65319 at most");
    }
  }

  private static boolean areOfOneKind(
      @Nullable SocketAddress source, @Nullable SocketAddress destination) {
    return switch (source) {
      case null -> destination == null;
      case InetSocketAddress _ -> destination instanceof InetSocketAddress;
      case DomainSocketAddress _ -> destination instanceof DomainSocketAddress;
      default -> false;
    };
  }

  private static void requireSendable(@Nullable SocketAddress address) {
    if (address instanceof InetSocketAddress internet && internet.isUnresolved()) {
      throw new IllegalArgumentException("the address is not resolved: " + Addresses.text(address));
    }
    if (address instanceof DomainSocketAddress unix && unix.path().length() > LONGEST_PATH) {
      throw new IllegalArgumentException("the path is longer than 108 bytes: " + unix.path());
    }
  }

  /// {@return a header of version 2 for a client}
  ///
  /// @param source the client's address
  /// @param destination the address that the client connected to
  public static ProxyHeader of(SocketAddress source, SocketAddress destination) {
    return new ProxyHeader(2, source, destination, List.of());
  }

  /// {@return this header in another version}
  ///
  /// @param version 1 or 2
  public ProxyHeader withVersion(int version) {
    return new ProxyHeader(version, source, destination, fields);
  }

  /// {@return this header with one more field}
  ///
  /// @param type the type of the field, from 0 to 255
  /// @param value its bytes
  public ProxyHeader withField(int type, byte[] value) {
    List<Field> more = new ArrayList<>(fields);
    more.add(new Field(type, value));
    return new ProxyHeader(version, source, destination, more);
  }

  /// {@return this header with the host name that the client asked for}
  ///
  /// @param name the host name
  public ProxyHeader withAuthority(String name) {
    return withField(AUTHORITY, name.getBytes(StandardCharsets.UTF_8));
  }

  /// {@return the bytes of the first field of a type, or null}
  ///
  /// @param type the type, from 0 to 255
  public byte @Nullable [] field(int type) {
    for (Field field : fields) {
      if (field.type == type) {
        return field.value();
      }
    }
    return null;
  }

  /// {@return the host name that the client asked for with TLS (SNI), or null if it is not known}
  public @Nullable String authority() {
    return text(field(AUTHORITY));
  }

  /// {@return the protocol that the client and the proxy agreed on with TLS (ALPN), or null}
  public @Nullable String applicationProtocol() {
    return text(field(ALPN));
  }

  /// {@return the proxy's number for the connection, or null}
  public byte @Nullable [] uniqueId() {
    return field(UNIQUE_ID);
  }

  /// {@return how the client was connected to the proxy; null if without TLS, or it is not known}
  public @Nullable Tls tls() {
    byte[] value = field(SSL);
    if (value == null || value.length < 5 || (value[0] & 1) == 0) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(value);
    boolean hasCertificate = (in.get() & 6) != 0;
    boolean verified = in.getInt() == 0 && hasCertificate;
    String protocol = null;
    String cipher = null;
    String commonName = null;
    while (in.remaining() >= FIELD_HEAD) {
      int type = Byte.toUnsignedInt(in.get());
      byte[] part = new byte[Math.min(Short.toUnsignedInt(in.getShort()), in.remaining())];
      in.get(part);
      switch (type) {
        case SSL_VERSION -> protocol = text(part);
        case SSL_CIPHER -> cipher = text(part);
        case SSL_COMMON_NAME -> commonName = text(part);
        default -> {}
      }
    }
    return new Tls(verified, protocol, cipher, commonName);
  }

  private static @Nullable String text(byte @Nullable [] value) {
    return value == null ? null : new String(value, StandardCharsets.UTF_8);
  }
}
