package io.loop.netty.proxy;

import io.loop.netty.transport.ProxyHeader;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol.AddressFamily;
import io.netty.handler.codec.haproxy.HAProxySSLTLV;
import io.netty.handler.codec.haproxy.HAProxyTLV;
import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Converts PROXY headers between Netty's messages and [ProxyHeader].
final class ProxyMessages {

  private static final String MAPPED = "::ffff:";

  private ProxyMessages() {}

  /// {@return a header that has arrived} The message still belongs to the caller.
  static ProxyHeader header(HAProxyMessage message) throws UnknownHostException {
    int version = message.protocolVersion() == HAProxyProtocolVersion.V1 ? 1 : 2;
    AddressFamily family = message.proxiedProtocol().addressFamily();
    if (message.command() == HAProxyCommand.LOCAL || family == AddressFamily.AF_UNSPEC) {
      return ProxyHeader.LOCAL.withVersion(version);
    }
    boolean unix = family == AddressFamily.AF_UNIX;
    return new ProxyHeader(
        version,
        address(unix, message.sourceAddress(), message.sourcePort()),
        address(unix, message.destinationAddress(), message.destinationPort()),
        fields(message.tlvs()));
  }

  private static SocketAddress address(boolean unix, String text, int port)
      throws UnknownHostException {
    return unix
        ? new DomainSocketAddress(text)
        : new InetSocketAddress(
            InetAddress.getByAddress(NetUtil.createByteArrayFromIpAddressString(text)), port);
  }

  /// The parts of an SSL field follow it in Netty's list, and are in its bytes.
  private static List<ProxyHeader.Field> fields(List<HAProxyTLV> all) {
    Set<HAProxyTLV> parts = Collections.newSetFromMap(new IdentityHashMap<>());
    List<ProxyHeader.Field> fields = new ArrayList<>();
    for (HAProxyTLV field : all) {
      if (field instanceof HAProxySSLTLV ssl) {
        parts.addAll(ssl.encapsulatedTLVs());
      }
      if (!parts.contains(field)) {
        fields.add(
            new ProxyHeader.Field(
                Byte.toUnsignedInt(field.typeByteValue()), ByteBufUtil.getBytes(field.content())));
      }
    }
    return fields;
  }

  /// {@return a message for a header that is to be sent}
  static HAProxyMessage message(ProxyHeader header) {
    HAProxyProtocolVersion version =
        header.version() == 1 ? HAProxyProtocolVersion.V1 : HAProxyProtocolVersion.V2;
    SocketAddress from = header.source();
    SocketAddress to = header.destination();
    if (from instanceof DomainSocketAddress source && to instanceof DomainSocketAddress target) {
      return message(
          version,
          HAProxyProxiedProtocol.UNIX_STREAM,
          source.path(),
          target.path(),
          0,
          0,
          header.fields());
    }
    if (from instanceof InetSocketAddress source && to instanceof InetSocketAddress target) {
      boolean four =
          source.getAddress() instanceof Inet4Address
              && target.getAddress() instanceof Inet4Address;
      return message(
          version,
          four ? HAProxyProxiedProtocol.TCP4 : HAProxyProxiedProtocol.TCP6,
          text(source.getAddress(), four),
          text(target.getAddress(), four),
          source.getPort(),
          target.getPort(),
          header.fields());
    }
    return new HAProxyMessage(
        version, HAProxyCommand.LOCAL, HAProxyProxiedProtocol.UNKNOWN, null, null, 0, 0);
  }

  private static HAProxyMessage message(
      HAProxyProtocolVersion version,
      HAProxyProxiedProtocol protocol,
      @Nullable String source,
      @Nullable String target,
      int sourcePort,
      int targetPort,
      List<ProxyHeader.Field> fields) {
    List<HAProxyTLV> tlvs = new ArrayList<>();
    for (ProxyHeader.Field field : fields) {
      tlvs.add(new HAProxyTLV((byte) field.type(), Unpooled.wrappedBuffer(field.value())));
    }
    return new HAProxyMessage(
        version, HAProxyCommand.PROXY, protocol, source, target, sourcePort, targetPort, tlvs);
  }

  /// {@return an address in the form of the header's family}
  private static String text(InetAddress address, boolean four) {
    String text = NetUtil.toAddressString(address);
    return four || !(address instanceof Inet4Address) ? text : MAPPED + text;
  }
}
