package io.loop.netty.datagram;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.Loop;
import io.loop.netty.NettyFutures;
import io.loop.netty.OnNetty;
import io.loop.netty.transport.Transport;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketProtocolFamily;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The channel under a datagram endpoint.
final class DatagramSocketTest extends OnNetty {

  private static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  private static final int BUFFER = 100_000;

  @ParameterizedTest
  @MethodSource("transports")
  void packets_optionIsSet(Transport transport) {
    run(
        transport,
        () -> {
          Loop loop = Loop.running();
          var options = DatagramOptions.DEFAULT.withOption(ChannelOption.SO_RCVBUF, BUFFER);

          Channel channel =
              NettyFutures.open(() ->
                  DatagramSocket.open(loop, SocketProtocolFamily.INET)
                      .bootstrap(loop, options)
                      .handler(new ChannelInboundHandlerAdapter())
                      .bind(ANY_PORT));

          assertThat((int) channel.config().getOption(ChannelOption.SO_RCVBUF))
              .isGreaterThanOrEqualTo(BUFFER);
          NettyFutures.await(channel::close);
        });
  }
}
