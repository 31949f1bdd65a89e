package io.loop.netty.name;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DefaultDnsResponse;
import io.netty.handler.codec.dns.DnsQuery;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.handler.codec.dns.TcpDnsQueryDecoder;
import io.netty.handler.codec.dns.TcpDnsResponseEncoder;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A name server for tests, on a thread of its own: UDP and TCP on one port. Says no to every name
/// that it was not told about.
final class NameServer implements AutoCloseable {

  private static final int TRIES = 20;

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Map<String, Consumer<Asked>> names = new ConcurrentHashMap<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final InetSocketAddress address;

  NameServer() {
    this("127.0.0.1");
  }

  NameServer(String host) {
    address = bind(InetAddress.ofLiteral(host));
  }

  private InetSocketAddress bind(InetAddress host) {
    for (int tries = TRIES; ; tries--) {
      Channel datagrams =
          new Bootstrap()
              .group(group)
              .channel(NioDatagramChannel.class)
              .handler(
                  new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      channel
                          .pipeline()
                          .addLast(
                              new DatagramDnsResponseEncoder(),
                              new DatagramDnsQueryDecoder(),
                              new Serving<DatagramDnsQuery>(false) {});
                    }
                  })
              .bind(new InetSocketAddress(host, 0))
              .syncUninterruptibly()
              .channel();
      var bound = (InetSocketAddress) datagrams.localAddress();
      var streams =
          new ServerBootstrap()
              .group(group)
              .channel(NioServerSocketChannel.class)
              .childHandler(
                  new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                      channel
                          .pipeline()
                          .addLast(
                              new TcpDnsResponseEncoder(),
                              new TcpDnsQueryDecoder(),
                              new Serving<DnsQuery>(true) {});
                    }
                  })
              .bind(bound)
              .awaitUninterruptibly();
      if (streams.isSuccess() || tries == 0) {
        streams.syncUninterruptibly();
        return bound;
      }
      datagrams.close().syncUninterruptibly();
    }
  }

  InetSocketAddress address() {
    return address;
  }

  /// {@return what was asked so far, as `A name.`} Over TCP, `A name. tcp`.
  List<String> asked() {
    return asked;
  }

  long askedFor(String name) {
    return asked.stream().filter(each -> each.contains(" " + name)).count();
  }

  /// Says how questions for a name are answered; on the server's thread.
  NameServer on(String name, Consumer<Asked> answering) {
    names.put(name + ".", answering);
    return this;
  }

  /// Gives a name addresses of both families, or of one.
  NameServer on(String name, long ttl, String... addresses) {
    return on(name, question -> question.answer(ttl, addresses));
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private abstract class Serving<Q extends DnsQuery> extends SimpleChannelInboundHandler<Q> {
    private final boolean tcp;

    Serving(boolean tcp) {
      this.tcp = tcp;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, Q query) {
      DnsQuestion question = query.recordAt(DnsSection.QUESTION);
      var one =
          new Asked(
              context.channel(),
              query instanceof DatagramDnsQuery packet ? packet.sender() : null,
              query.id(),
              question.name().toLowerCase(Locale.ROOT),
              question.type());
      asked.add(one.type.name() + " " + one.name + (tcp ? " tcp" : ""));
      names.getOrDefault(one.name, Asked::noDomain).accept(one);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
      var _ = context.close(); // a client that has gone
    }
  }

  /// A question, to be answered in one of many ways.
  record Asked(
      Channel channel, @Nullable InetSocketAddress from, int id, String name, DnsRecordType type) {

    boolean isTcp() {
      return from == null;
    }

    boolean isFour() {
      return type.equals(DnsRecordType.A);
    }

    DnsResponse response(int ofId, String ofName) {
      DnsResponse made =
          from == null
              ? new DefaultDnsResponse(ofId)
              : new DatagramDnsResponse((InetSocketAddress) channel.localAddress(), from, ofId);
      made.setRecursionAvailable(true);
      return made.addRecord(DnsSection.QUESTION, new DefaultDnsQuestion(ofName, type));
    }

    DnsResponse response() {
      return response(id, name);
    }

    DnsResponse with(DnsResponse made, String owner, long ttl, String... addresses) {
      for (String address : addresses) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(address);
        if (bytes.length == 4 == isFour()) {
          made.addRecord(
              DnsSection.ANSWER,
              new DefaultDnsRawRecord(owner, type, ttl, Unpooled.wrappedBuffer(bytes)));
        }
      }
      return made;
    }

    DnsResponse alias(DnsResponse made, String owner, long ttl, String of) {
      ByteBuf content = Unpooled.buffer();
      for (String label : of.split("\\.", -1)) {
        content.writeByte(label.length());
        content.writeCharSequence(label, StandardCharsets.US_ASCII);
      }
      content.writeByte(0);
      return made.addRecord(
          DnsSection.ANSWER, new DefaultDnsRawRecord(owner, DnsRecordType.CNAME, ttl, content));
    }

    void answer(long ttl, String... addresses) {
      send(with(response(), name, ttl, addresses));
    }

    void code(DnsResponseCode code) {
      send(response().setCode(code));
    }

    void noDomain() {
      code(DnsResponseCode.NXDOMAIN);
    }

    void send(DnsResponse response) {
      var _ = channel.writeAndFlush(response);
    }

    void sendGarbage(byte... bytes) {
      var _ =
          channel
              .pipeline()
              .context(DatagramDnsResponseEncoder.class)
              .writeAndFlush(new DatagramPacket(Unpooled.wrappedBuffer(bytes), from));
    }
  }
}
