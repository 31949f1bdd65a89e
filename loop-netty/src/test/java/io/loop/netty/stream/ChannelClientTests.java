package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.netty.Certificates;
import io.loop.netty.Pipelines;
import io.loop.netty.channel.CoroutineChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/// Clients whose channels are all closed in the end.
abstract class ChannelClientTests extends ChannelServerTests {

  static final ConnectionOptions PLAIN = ConnectionOptions.DEFAULT;
  static final ConnectionOptions TLS = PLAIN.withTls(Certificates.clientContext());

  final List<Channel> opened = new ArrayList<>();

  /// Makes the pipeline of a client, and remembers its channel.
  final void codec(ChannelPipeline pipeline) {
    opened.add(pipeline.channel());
    Pipelines.lines(pipeline);
  }

  final CoroutineChannel<String> connect(int port, ConnectionOptions options) throws IOException {
    return ChannelClient.connect(String.class, this::codec, LOCAL, port, options);
  }

  final CoroutineChannel<String> open(Server server) throws IOException {
    return connect(server.localAddress().getPort(), PLAIN);
  }

  final void untilNoneIsLeft() {
    until(() -> opened.stream().noneMatch(Channel::isOpen));
  }

  static void end(Server server) {
    server.close();
    server.waitClosed();
  }

  @AfterEach
  void everyChannel_isClosed() {
    assertThat(opened).noneMatch(Channel::isOpen);
  }
}
