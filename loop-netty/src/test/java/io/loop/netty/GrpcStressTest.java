package io.loop.netty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.task.Coro;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A gRPC server and its client on our event loops, whose calls coroutines make and answer.
final class GrpcStressTest extends OnNetty {

  /// Some messages need more than a run of pages, and so new memory, which takes its time.
  private static final int MOST_MARKS = 60_000;

  private static final int CLIENTS = 4;
  private static final int PRIME = 7_919;

  private static final MethodDescriptor<String, String> METHOD =
      MethodDescriptor.<String, String>newBuilder()
          .setType(MethodType.UNARY)
          .setFullMethodName("stress.Greeter/Greet")
          .setRequestMarshaller(new Text())
          .setResponseMarshaller(new Text())
          .build();

  /// Strings as messages.
  private static final class Text implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), UTF_8);
      } catch (IOException fault) {
        throw new UncheckedIOException(fault);
      }
    }
  }

  static Stream<LoopKind> kinds() {
    return LoopKind.all();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void calls_ofCoroutinesAndThreads_areAllAnsweredByCoroutines(LoopKind kind) {
    var asked = new AtomicInteger();
    var answered = new AtomicInteger();
    try (var stress = new Stress(LoopKind.count())) {
      kind.run(loops -> {
        // with one arena, and nothing cached, all that is sent and received needs its lock
        var allocator = new PooledByteBufAllocator(true, 1, 1, 8_192, 3, 0, 0, false);
        Server server = serve(kind, loops, allocator, answered);
        List<ManagedChannel> channels = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
          ManagedChannel channel = connect(kind, loops, allocator, server);
          channels.add(channel);
          stress.thread(() -> ask(channel, asked));
          stress.coroutine(() -> ask(channel, asked));
          stress.coroutine(() -> ask(channel, asked));
        }
        // something else in the program that uses the same arena
        stress.thread(() -> allocator.directBuffer(MOST_MARKS).release());
        stress.finish();
        offLoop(() -> {
          for (ManagedChannel channel : channels) {
            channel.shutdown().awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS);
          }
          server.shutdown().awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS);
          return true;
        });
      });
    }

    assertThat(answered.get()).isEqualTo(asked.get());
  }

  private static Server serve(
      LoopKind kind,
      EventLoopGroup loops,
      PooledByteBufAllocator allocator,
      AtomicInteger answered) {
    var service =
        ServerServiceDefinition.builder("stress.Greeter")
            .addMethod(
                METHOD,
                ServerCalls.asyncUnaryCall(
                    (request, observer) -> answer(loops, request, observer, answered)))
            .build();
    SocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    Server server =
        NettyServerBuilder.forAddress(anyPort)
            .bossEventLoopGroup(loops)
            .workerEventLoopGroup(loops)
            .channelType(kind.transport().serverType())
            .withChildOption(ChannelOption.ALLOCATOR, allocator)
            .directExecutor()
            .addService(service)
            .build();
    return offLoop(server::start);
  }

  private static ManagedChannel connect(
      LoopKind kind, EventLoopGroup loops, PooledByteBufAllocator allocator, Server server) {
    return NettyChannelBuilder.forAddress(server.getListenSockets().getFirst())
        .eventLoopGroup(loops)
        .channelType(kind.transport().socketType())
        .withOption(ChannelOption.ALLOCATOR, allocator)
        .usePlaintext()
        .build();
  }

  /// Starts a coroutine on the loop whose event loop has received the call.
  private static void answer(
      EventLoopGroup loops,
      String request,
      StreamObserver<String> observer,
      AtomicInteger answered) {
    var body =
        Coro.of(() -> {
          if (answered.incrementAndGet() % 16 == 0) {
            Thread.sleep(1);
          } else {
            Asyncio.sleep(Duration.ZERO);
          }
          observer.onNext("hello " + request);
          observer.onCompleted();
        });
    var _ =
        Asyncio.runCoroutineThreadsafe(body, loopOf(loops))
            .whenComplete((_, fault) -> {
              if (fault != null) {
                observer.onError(fault);
              }
            });
  }

  private static Loop loopOf(EventLoopGroup loops) {
    for (EventExecutor eventLoop : loops) {
      if (eventLoop.inEventLoop()) {
        return NettyLoop.of(eventLoop);
      }
    }
    throw new AssertionError("the call came in on " + Thread.currentThread());
  }

  /// Blocks for the answer, in a coroutine too.
  private static void ask(ManagedChannel channel, AtomicInteger asked) {
    int number = asked.incrementAndGet();
    String name = number + "!".repeat(Math.floorMod(number * PRIME, MOST_MARKS));
    String answer = ClientCalls.blockingUnaryCall(channel, METHOD, CallOptions.DEFAULT, name);
    assertThat(answer).isEqualTo("hello " + name);
  }
}
