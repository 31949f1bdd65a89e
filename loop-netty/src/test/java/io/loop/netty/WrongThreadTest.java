package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.Loop;
import io.loop.netty.channel.ChannelEvents;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.datagram.DatagramEndpoint;
import io.loop.netty.datagram.Datagrams;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.Streams;
import io.loop.netty.transport.Transport;
import io.loop.task.LoopFuture;
import io.loop.testing.ForeignCalls;
import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Debug mode refuses a call from a thread that is not the loop's, whatever the call.
final class WrongThreadTest extends OnNetty {

  /// For any thread, as their contracts say.
  private static final Set<String> ANY_THREAD =
      Set.of(
          "ChannelEvents.iterator", // its steps are checked
          "CoroutineChannel.getLoop",
          "CoroutineChannel.iterator",
          "CoroutineChannel.readable",
          "CoroutineChannel.localAddress",
          "CoroutineChannel.nettyChannel",
          "CoroutineChannel.remoteAddress",
          "DatagramEndpoint.iterator",
          "DatagramEndpoint.localAddress",
          "DatagramEndpoint.remoteAddress",
          "LoopGroup.close",
          "LoopGroup.eventLoops",
          "LoopGroup.loops",
          "LoopGroup.next",
          "Server.connectionCount",
          "Server.getLoop",
          "Field.equals", // a value
          "Field.hashCode",
          "Field.type",
          "Field.value",
          "Server.refusedCount");

  /// Called by Netty, or by the loop that it drives.
  private static final Set<String> NETTYS = Set.of("CoroutineHandler", "NettyPoller");

  private static final Set<String> TRIED =
      Set.of("ChannelEvents", "CoroutineChannel", "DatagramEndpoint", "Server");

  @Test
  void everyPublicMethod_isForAnyThreadOrTried() {
    Set<String> untried = ForeignCalls.methodsOf(Server.class);

    untried.removeAll(ANY_THREAD);
    untried.removeIf(name -> {
      String type = name.substring(0, name.indexOf('.'));
      return NETTYS.contains(type) || TRIED.contains(type);
    });

    assertThat(untried).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void everyMethod_calledByAnotherThread_isRefusedAndChangesNothing(Transport transport) {
    run(
        transport,
        () -> {
          Loop.running().setDebug(true);
          Loop.running().setSlowCallbackDuration(Duration.ofHours(1));
          Map<Class<?>, Object> objects = new HashMap<>();
          var loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
          var held = new LoopFuture<CoroutineChannel<Object>>();
          var over = new LoopFuture<@Nullable Void>();
          Channel listener =
              Pipelines.serve(
                  transport,
                  pipeline ->
                      pipeline.addLast(
                          CoroutineHandler.of(channel -> {
                            held.setResult(channel);
                            over.await();
                          })));
          Server server = Streams.startServer((_, _) -> {}, "localhost", 0);
          try (var endpoint = Datagrams.createDatagramEndpoint(loopback, null);
              server;
              var _ = Pipelines.socket(listener)) {
            objects.put(Server.class, server);
            objects.put(DatagramEndpoint.class, endpoint);
            CoroutineChannel<Object> channel = held.await();
            objects.put(CoroutineChannel.class, channel);
            objects.put(ChannelEvents.class, channel.events());

            ForeignCalls.Result result = ForeignCalls.callAll(objects, ANY_THREAD);

            assertThat(result.faults()).isEmpty();
            assertThat(result.called()).contains("Server.close", "DatagramEndpoint.send");
            over.setResult(null);
          }
          NettyFutures.await(listener.close());
        });
  }
}
